/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The optimal assignment against trying all of them. */

#include "pose/association.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "scene.h"

/* The largest sum over all ways to give rows from `row` on a column that is not in `used`, or none. */
static double best_sum(const double *gain, int rows, int cols, int row, unsigned used) {
    if (row == rows)
        return 0;
    double best = best_sum(gain, rows, cols, row + 1, used);
    for (int j = 0; j < cols; j++) {
        if (used & 1u << j || gain[row * cols + j] == 0)
            continue;
        const double sum = gain[row * cols + j] + best_sum(gain, rows, cols, row + 1, used | 1u << j);
        best = sum > best ? sum : best;
    }
    return best;
}

/* Checks that the match is one, and returns its sum. */
static double sum_of(const double *gain, int rows, int cols, const int *match) {
    int *const used = calloc((size_t)cols + 1, sizeof *used);
    double sum = 0;

    for (int i = 0; i < rows; i++) {
        assert_in_range(match[i] + 1, 0, cols);
        if (match[i] < 0)
            continue;
        assert_int_equal(used[match[i]]++, 0);
        assert_true(gain[i * cols + match[i]] > 0);
        sum += gain[i * cols + match[i]];
    }
    free(used);
    return sum;
}

static void run(const double *gain, int rows, int cols, int *match) {
    const size_t bytes = lp_assign_scratch(rows, cols);
    void *const scratch = malloc(bytes);

    memset(scratch, 0xa5, bytes); /* nothing may be taken for granted */
    lp_assign(gain, rows, cols, match, scratch);
    free(scratch);
}

static void is_the_best_of_all_ways(void **state) {
    (void)state;
    uint64_t random = 3;

    for (int trial = 0; trial < 6000; trial++) {
        const int rows = (int)(scene_random(&random) * 8), cols = (int)(scene_random(&random) * 8);
        const double share = scene_random(&random); /* of pairs allowed */
        const int coarse = trial % 3 == 0;          /* few values, so many ties */
        double gain[49];
        int match[7];
        for (int i = 0; i < rows * cols; i++) {
            const double value = coarse ? 0.25 * (1 + (int)(scene_random(&random) * 3)) : scene_random(&random);
            gain[i] = scene_random(&random) < share ? value : 0;
        }
        run(gain, rows, cols, match);
        assert_near(sum_of(gain, rows, cols, match), best_sum(gain, rows, cols, 0, 0), 1e-12);
    }
}

/* Rows and columns of a large problem change places: the same sum, and no better one by exchanging any two. */
static void is_the_same_from_both_sides(void **state) {
    (void)state;
    enum { ROWS = 60, COLS = 90 };
    static double gain[ROWS * COLS], turned[COLS * ROWS];
    uint64_t random = 8;
    int match[ROWS], turned_match[COLS];

    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < COLS; j++)
            turned[j * ROWS + i] = gain[i * COLS + j] = scene_random(&random) < 0.1 ? scene_random(&random) : 0;
    }
    run(gain, ROWS, COLS, match);
    run(turned, COLS, ROWS, turned_match);
    assert_near(sum_of(gain, ROWS, COLS, match), sum_of(turned, COLS, ROWS, turned_match), 1e-9);
    for (int a = 0; a < ROWS; a++) {
        for (int b = 0; b < a; b++) {
            const double kept =
                (match[a] < 0 ? 0 : gain[a * COLS + match[a]]) + (match[b] < 0 ? 0 : gain[b * COLS + match[b]]);
            const double exchanged =
                (match[b] < 0 ? 0 : gain[a * COLS + match[b]]) + (match[a] < 0 ? 0 : gain[b * COLS + match[a]]);
            assert_true(kept >= exchanged - 1e-12);
        }
    }
}

static void gives_the_unlike_up(void **state) {
    (void)state;
    /* Greedy would take 0.9 and leave the second row without: 0.9 against 0.8 + 0.7. */
    const double gain[] = {0.9, 0.8, 0.7, 0};
    const double none[] = {0, 0, 0, 0, 0, 0};
    int match[3];

    run(gain, 2, 2, match);
    assert_int_equal(match[0], 1);
    assert_int_equal(match[1], 0);
    run(none, 3, 2, match);
    for (int i = 0; i < 3; i++)
        assert_int_equal(match[i], -1);
    run(none, 0, 5, match);
    run(none, 2, 0, match);
    assert_int_equal(match[0], -1);
    assert_int_equal(match[1], -1);
}

static void decides_ties_the_same_way_every_time(void **state) {
    (void)state;
    double gain[36];
    int first[6], again[6];

    for (int i = 0; i < 36; i++)
        gain[i] = 0.5;
    run(gain, 6, 6, first);
    run(gain, 6, 6, again);
    assert_memory_equal(first, again, sizeof first);
    for (int i = 0; i < 6; i++)
        assert_int_equal(first[i], i); /* alike everywhere: in order */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_best_of_all_ways),
        cmocka_unit_test(is_the_same_from_both_sides),
        cmocka_unit_test(gives_the_unlike_up),
        cmocka_unit_test(decides_ties_the_same_way_every_time),
    };
    return cmocka_run_group_tests_name("assign", tests, NULL, NULL);
}
