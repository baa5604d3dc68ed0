/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which values are peaks to the decoder `reference`, in which order, and which suppress others. docs/algorithm.md 5. */

#include "check.h"

#include <math.h>

#include "reference_rules.h"

/* The peaks of type 0, as many as stand in `wanted`: x, y. */
static void check_peaks(int count, const int (*wanted)[2]) {
    decode();
    const lp_peaks *const found = &decoder->peaks[NOSE];
    if (found->count != count)
        fail_msg("%d peaks, not %d", found->count, count);
    for (int i = 0; i < count; i++) {
        assert_int_equal((int)found->x[i], wanted[i][0]);
        assert_int_equal((int)found->y[i], wanted[i][1]);
        assert_true(found->score[i] == *made_heat(&maps, NOSE, wanted[i][0], wanted[i][1]));
    }
}

static void exactly_the_threshold_is_a_peak(void **state) {
    (void)state;
    peak(NOSE, 5, 5, 0.1f);
    peak(NOSE, 15, 5, nextafterf(0.1f, 0));
    check_peaks(1, (const int[][2]){{5, 5}});
    settings.peak_threshold = 0.25f;
    peak(NOSE, 5, 5, 0.25f);
    peak(NOSE, 15, 5, nextafterf(0.25f, 0));
    check_peaks(1, (const int[][2]){{5, 5}});
}

static void a_plateau_has_no_peak(void **state) {
    (void)state;
    peak(NOSE, 5, 5, 0.5f);
    peak(NOSE, 6, 5, 0.5f);
    peak(NOSE, 20, 5, 0.5f);
    peak(NOSE, 20, 6, 0.5f);
    check_peaks(0, NULL);
    peak(NOSE, 20, 6, nextafterf(0.5f, 0));
    check_peaks(1, (const int[][2]){{20, 5}});
}

/* Only four neighbours count: equal values that touch at a corner are both peaks. */
static void diagonal_neighbours_do_not_count(void **state) {
    (void)state;
    settings.peak_radius = 1;
    peak(NOSE, 5, 5, 0.5f);
    peak(NOSE, 6, 6, 0.9f);
    check_peaks(2, (const int[][2]){{5, 5}, {6, 6}});
}

static void what_lies_outside_counts_as_zero(void **state) {
    (void)state;
    peak(NOSE, 0, 0, 0.2f);
    peak(NOSE, WIDTH - 1, HEIGHT - 1, 0.2f);
    peak(NOSE, 0, 15, 0.2f);
    peak(NOSE, 20, 0, 0.2f);
    check_peaks(4, (const int[][2]){{0, 0}, {0, 15}, {20, 0}, {WIDTH - 1, HEIGHT - 1}});
}

static void peaks_stand_by_x_then_y(void **state) {
    (void)state;
    peak(NOSE, 30, 2, 0.9f);
    peak(NOSE, 10, 20, 0.2f);
    peak(NOSE, 10, 8, 0.3f);
    peak(NOSE, 2, 29, 0.4f);
    check_peaks(4, (const int[][2]){{2, 29}, {10, 8}, {10, 20}, {30, 2}});
}

/* The left one stays, however weak; and what is suppressed suppresses nothing. */
static void suppression_goes_by_x_not_by_score(void **state) {
    (void)state;
    peak(NOSE, 5, 5, 0.2f);
    peak(NOSE, 9, 5, 0.9f);
    peak(NOSE, 13, 5, 0.3f);
    check_peaks(2, (const int[][2]){{5, 5}, {13, 5}});
}

static void equal_x_leaves_the_upper_one(void **state) {
    (void)state;
    peak(NOSE, 5, 5, 0.2f);
    peak(NOSE, 5, 9, 0.9f);
    check_peaks(1, (const int[][2]){{5, 5}});
}

static void the_radius_itself_is_not_too_close(void **state) {
    (void)state;
    peak(NOSE, 5, 5, 0.5f);
    peak(NOSE, 11, 5, 0.5f); /* 6 */
    peak(NOSE, 5, 20, 0.5f);
    peak(NOSE, 10, 23, 0.5f); /* 5.83 */
    peak(NOSE, 25, 20, 0.5f);
    peak(NOSE, 29, 25, 0.5f); /* 6.40 */
    check_peaks(5, (const int[][2]){{5, 5}, {5, 20}, {11, 5}, {25, 20}, {29, 25}});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RULE(exactly_the_threshold_is_a_peak),  RULE(a_plateau_has_no_peak),
        RULE(diagonal_neighbours_do_not_count), RULE(what_lies_outside_counts_as_zero),
        RULE(peaks_stand_by_x_then_y),          RULE(suppression_goes_by_x_not_by_score),
        RULE(equal_x_leaves_the_upper_one),     RULE(the_radius_itself_is_not_too_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
