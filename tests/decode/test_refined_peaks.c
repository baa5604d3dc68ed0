/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The peaks between cells (decode/peaks.h) against the rule as its header words it, in double and without haste, and
 * against bells whose tops are known. */

#include "check.h"

#include <math.h>

#include "decode/peaks.h"
#include "made_maps.h"
#include "near.h"

enum { MAP = 3, FACTOR = 4, MOST = 40 * 30 };

static lp_maps maps;
static lp_planes planes;
static lp_peaks peaks;

static void open_maps(int width, int height) {
    maps = made_maps(width, height, MADE_INTERLEAVED);
}

static void find(float threshold, float radius) {
    lp_upsample upsample;

    assert_ok(lp_planes_reserve(&planes, &maps, error));
    for (int y = 0; y < maps.height; y++)
        lp_planes_copy_row(&planes, &maps, y);
    lp_upsample_init(&upsample, FACTOR);
    assert_int_equal(lp_peaks_find_refined(&peaks, &planes, MAP, &upsample, threshold, radius), 0);
}

static int tear_down(void **state) {
    (void)state;
    made_free(&maps);
    lp_planes_free(&planes);
    lp_peaks_free(&peaks);
    return 0;
}

static float *cell(int x, int y) {
    return made_heat(&maps, MAP, x, y);
}

static double in_cells(float upsampled) {
    return (upsampled + 0.5) / FACTOR - 0.5;
}

/* ---- The rule again */

typedef struct naive_peak {
    double x, y, score; /* cells */
} naive_peak;

typedef struct naive_peaks {
    naive_peak list[MOST];
    int count;
    int close; /* 1: a decision hangs on so little that floats may decide otherwise */
} naive_peaks;

static double cubic(double distance) {
    const double a = -0.75, d = fabs(distance);
    return d <= 1  ? (a + 2) * d * d * d - (a + 3) * d * d + 1
           : d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a
                   : 0;
}

static int between(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

/* Bicubic interpolation of the whole map, the border repeated. */
static double interpolate(double x, double y) {
    double sum = 0;

    for (int j = (int)floor(y) - 1; j <= (int)floor(y) + 2; j++)
        for (int i = (int)floor(x) - 1; i <= (int)floor(x) + 2; i++) {
            const int outside = i < 0 || j < 0 || i >= maps.width || j >= maps.height;
            const double value = *cell(between(i, 0, maps.width - 1), between(j, 0, maps.height - 1));
            sum += cubic(x - i) * cubic(y - j) * value * (outside ? LP_REFINED_OUTSIDE : 1);
        }
    return sum;
}

/* The step to the top of the parabola along (dx, dy), averaged 1 : 2 : 1 across. */
static double step_to_top(double x, double y, int dx, int dy, int *close) {
    double line[3], largest = 0;

    for (int i = -1; i <= 1; i++) {
        line[i + 1] = 0;
        for (int j = -1; j <= 1; j++) {
            const double value =
                interpolate(x + LP_REFINED_STEP * (i * dx + j * dy), y + LP_REFINED_STEP * (i * dy + j * dx));
            line[i + 1] += (2 - abs(j)) * value;
            largest = fmax(largest, fabs(value));
        }
    }
    const double bend = line[0] - 2 * line[1] + line[2];
    *close |= fabs(bend) < 0.01 * largest; /* places of less bent tops depend on the last bits */
    return bend < 0 ? LP_REFINED_STEP * fmax(-1, fmin(1, (line[0] - line[2]) / 2 / bend)) : 0;
}

static int beats(int x, int y, int i, int j) {
    return *cell(i, j) > *cell(x, y) || (*cell(i, j) == *cell(x, y) && (j < y || (j == y && i < x)));
}

static int naive_candidate(int x, int y, float threshold) {
    if (!(*cell(x, y) > 0) || *cell(x, y) < LP_REFINED_LOW * threshold)
        return 0;
    for (int j = y - 1; j <= y + 1; j++)
        for (int i = x - 1; i <= x + 1; i++)
            if (i >= 0 && i < maps.width && j >= 0 && j < maps.height && beats(x, y, i, j))
                return 0;
    return 1;
}

static void naive_find(naive_peaks *found, float threshold, double radius) {
    static naive_peak all[MOST];
    int count = 0;

    *found = (naive_peaks){.count = 0};
    for (int y = 0; y < maps.height; y++) {
        for (int x = 0; x < maps.width; x++) {
            double at[2] = {x, y};
            if (!naive_candidate(x, y, threshold))
                continue;
            for (int fit = 0; fit < 2; fit++) {
                const double dx = step_to_top(at[0], at[1], 1, 0, &found->close);
                const double dy = step_to_top(at[0], at[1], 0, 1, &found->close);
                at[0] += dx;
                at[1] += dy;
            }
            at[0] = fmax(x - 1, fmin(x + 1, at[0]));
            at[1] = fmax(y - 1, fmin(y + 1, at[1]));
            const double score = fmax(*cell(x, y), interpolate(at[0], at[1]));
            found->close |= fabs(score - (double)threshold) < 1e-5;
            if (score >= (double)threshold)
                all[count++] = (naive_peak){fmax(-0.5, fmin(maps.width - 0.5, at[0])),
                                            fmax(-0.5, fmin(maps.height - 0.5, at[1])), score};
        }
    }
    for (;;) { /* the highest that is left, the first of equal ones; then those near it go */
        int best = -1;
        for (int i = 0; i < count; i++)
            if (all[i].score > 0 && (best < 0 || all[i].score > all[best].score))
                best = i;
        if (best < 0)
            break;
        const naive_peak kept = all[best];
        found->list[found->count++] = kept;
        for (int i = 0; i < count; i++) {
            const double distance = FACTOR * hypot(all[i].x - kept.x, all[i].y - kept.y);
            found->close |=
                i != best && all[i].score > 0 && (fabs(distance - radius) < 0.01 || kept.score - all[i].score < 1e-5);
            if (i == best || distance < radius)
                all[i].score = 0;
        }
    }
}

/* Bumps, noise, plateaus, negative values. */
static void draw(made_random *random) {
    const float noise = made_below(random, 2) ? 0 : made_uniform(random, 0, 0.3f);
    const int bumps = made_below(random, 8), steps = made_below(random, 3) ? 0 : 2 + made_below(random, 20);

    for (int i = 0; i < bumps; i++)
        made_bump(&maps, MAP, made_uniform(random, -1, (float)maps.width), made_uniform(random, -1, (float)maps.height),
                  made_uniform(random, 0.05f, 1));
    for (int y = 0; y < maps.height; y++) {
        for (int x = 0; x < maps.width; x++) {
            *cell(x, y) += made_uniform(random, -noise, noise);
            if (steps)
                *cell(x, y) = rintf(*cell(x, y) * (float)steps) / (float)steps;
        }
    }
}

/* Both in order of score. Maps where the naive search met something close are left out; they are few. */
static void the_rule_holds_on_random_maps(void **state) {
    enum { ROUNDS = 2000 };
    static naive_peaks wanted;
    made_random random = {1};
    int compared = 0, total = 0;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        const float threshold = made_below(&random, 3) ? 0.1f : made_uniform(&random, 0.01f, 0.5f);
        const float radius = made_below(&random, 3) ? 6 : made_uniform(&random, 0, 20);
        made_free(&maps);
        open_maps(1 + made_below(&random, 40), 1 + made_below(&random, 30));
        draw(&random);
        naive_find(&wanted, threshold, radius);
        if (wanted.close)
            continue;
        find(threshold, radius);
        if (peaks.count != wanted.count)
            fail_msg("round %d: %d peaks, not %d", round, peaks.count, wanted.count);
        for (int i = 0; i < peaks.count; i++) {
            assert_near(peaks.score[i], wanted.list[i].score, 1e-5);
            assert_near(in_cells(peaks.x[i]), wanted.list[i].x, 1e-3);
            assert_near(in_cells(peaks.y[i]), wanted.list[i].y, 1e-3);
        }
        compared++;
        total += peaks.count;
    }
    print_message("# %d of %d maps, %d peaks\n", compared, ROUNDS, total);
    assert_true(compared > ROUNDS / 2 && total > 10 * compared / 4);
}

/* ---- Known tops */

static void bell(double x, double y, double sigma, double height) {
    for (int j = 0; j < maps.height; j++)
        for (int i = 0; i < maps.width; i++)
            *cell(i, j) += (float)(height * exp(-((i - x) * (i - x) + (j - y) * (j - y)) / (2 * sigma * sigma)));
}

/* Half-way between cells the first fit is the worst. */
static void bells_are_found_between_cells(void **state) {
    made_random random = {2};
    double worst = 0, score = 0;

    (void)state;
    open_maps(20, 16);
    for (int round = 0; round < 3000; round++) {
        const double x = made_uniform(&random, 5, 14), y = made_uniform(&random, 5, 10);
        const double sigma = made_uniform(&random, 1, 1.6f), height = made_uniform(&random, 0.15f, 1);
        for (int j = 0; j < maps.height; j++)
            for (int i = 0; i < maps.width; i++)
                *cell(i, j) = 0;
        bell(x, y, sigma, height);
        find(0.1f, 6);
        assert_int_equal(peaks.count, 1);
        worst = fmax(worst, fmax(fabs(in_cells(peaks.x[0]) - x), fabs(in_cells(peaks.y[0]) - y)));
        score = fmax(score, fabs(peaks.score[0] / height - 1));
    }
    /* What whole cells leave of a bell: measured are 0.0176 cells and 2.5 % of the height, with one fit more. */
    assert_true(worst < 0.02);
    assert_true(score < 0.03);
}

/* A peak's place is in the map, which ends half a cell beyond the last centre, wherever the bell's top is. Next to the
 * edge it is no exact place: what lies beyond is not known. */
static void bells_at_the_border_stay_in_the_map(void **state) {
    (void)state;
    for (int side = 0; side < 4; side++) {
        for (double beyond = -1; beyond < 1; beyond += 0.125) {
            const double x = side == 0   ? -beyond
                             : side == 1 ? 19 + beyond
                                         : 9.3,
                         y = side == 2   ? -beyond
                             : side == 3 ? 15 + beyond
                                         : 7.6;
            made_free(&maps);
            open_maps(20, 16);
            bell(x, y, 1.2, 0.8);
            find(0.1f, 6);
            assert_int_equal(peaks.count, 1);
            const double found_x = in_cells(peaks.x[0]), found_y = in_cells(peaks.y[0]);
            assert_true(found_x >= -0.5 && found_x <= 19.5 && found_y >= -0.5 && found_y <= 15.5);
            assert_near(found_x, fmax(-0.5, fmin(19.5, x)), 1);
            assert_near(found_y, fmax(-0.5, fmin(15.5, y)), 1);
        }
    }
}

/* ---- Single rules: one cell each; another two cells away shifts its top a little. */

static void check_cells(int count, const int (*cells)[2]) {
    if (peaks.count != count)
        fail_msg("%d peaks, not %d", peaks.count, count);
    for (int i = 0; i < count; i++) {
        assert_near(in_cells(peaks.x[i]), cells[i][0], 0.1);
        assert_near(in_cells(peaks.y[i]), cells[i][1], 0.1);
    }
}

static void of_two_too_close_the_higher_stays(void **state) {
    (void)state;
    open_maps(20, 16);
    *cell(3, 5) = 0.4f; /* 8 pixels from the next, which stays */
    *cell(5, 5) = 0.6f;
    *cell(12, 9) = 0.9f;
    find(0.1f, 8.5f);
    check_cells(2, (const int[][2]){{12, 9}, {5, 5}});
    *cell(3, 5) = 0.7f;
    find(0.1f, 8.5f);
    check_cells(2, (const int[][2]){{12, 9}, {3, 5}});
    find(0.1f, 7.5f);
    check_cells(3, (const int[][2]){{12, 9}, {3, 5}, {5, 5}});
}

/* What is suppressed suppresses nothing. */
static void the_ends_of_a_chain_stay(void **state) {
    (void)state;
    open_maps(20, 16);
    *cell(3, 5) = 0.9f;
    *cell(5, 5) = 0.6f;
    *cell(7, 5) = 0.3f;
    find(0.1f, 8.5f);
    check_cells(2, (const int[][2]){{3, 5}, {7, 5}});
}

static void of_two_equal_the_first_in_reading_order_stays(void **state) {
    (void)state;
    open_maps(20, 16);
    *cell(5, 5) = *cell(3, 6) = 0.5f; /* 8.9 pixels apart: y goes before x */
    *cell(12, 9) = *cell(14, 9) = 0.5f;
    find(0.1f, 9.3f);
    check_cells(2, (const int[][2]){{5, 5}, {12, 9}});
}

static void the_threshold_itself_is_enough(void **state) {
    (void)state;
    open_maps(20, 16);
    *cell(5, 5) = 0.1f;
    *cell(12, 9) = nextafterf(0.1f, 0);
    find(0.1f, 6);
    check_cells(1, (const int[][2]){{5, 5}});
    assert_true(peaks.score[0] == 0.1f);
}

/* Between four cells of a bell the top is higher than any of them: it counts. */
static void a_top_between_cells_counts_where_no_cell_does(void **state) {
    (void)state;
    open_maps(20, 16);
    bell(5.5, 5.5, 1.2, 0.11);
    for (int j = 0; j < maps.height; j++)
        for (int i = 0; i < maps.width; i++)
            assert_true(*cell(i, j) < 0.1f);
    find(0.1f, 6);
    assert_int_equal(peaks.count, 1);
    assert_true(peaks.score[0] > 0.1f);
}

static void a_plateau_has_one_peak(void **state) {
    (void)state;
    for (int width = 1; width <= 4; width++) {
        for (int height = 1; height <= 4; height++) {
            made_free(&maps);
            open_maps(20, 16);
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                    *cell(5 + x, 6 + y) = 0.5f;
            find(0.1f, 1);
            assert_int_equal(peaks.count, 1);
            assert_near(in_cells(peaks.x[0]), 5 + fmin(0.5 * (width - 1), 1), 0.5);
            assert_near(in_cells(peaks.y[0]), 6 + fmin(0.5 * (height - 1), 1), 0.5);
        }
    }
}

static void equal_cells_have_one_peak_in_the_first(void **state) {
    (void)state;
    for (int i = 0; i < 200; i++) {
        made_free(&maps);
        open_maps(1 + i % 20, 1 + i / 20);
        for (int y = 0; y < maps.height; y++)
            for (int x = 0; x < maps.width; x++)
                *cell(x, y) = 0.003f * (float)(i + 40);
        find(0.1f, 6);
        assert_int_equal(peaks.count, 1);
        /* At a corner the map falls off to two sides, which draws the place inwards, not beyond the next cell. */
        assert_in_range((int)lrint(1000 * in_cells(peaks.x[0])), 0, maps.width > 1 ? 1000 : 0);
        assert_in_range((int)lrint(1000 * in_cells(peaks.y[0])), 0, maps.height > 1 ? 1000 : 0);
    }
}

static void nothing_is_found_in_what_is_not_positive(void **state) {
    (void)state;
    open_maps(20, 16);
    find(0, 6);
    assert_int_equal(peaks.count, 0);
    for (int y = 0; y < maps.height; y++)
        for (int x = 0; x < maps.width; x++)
            *cell(x, y) = -1;
    *cell(5, 5) = -0.5f;
    find(0, 6);
    assert_int_equal(peaks.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_rule_holds_on_random_maps, tear_down),
        cmocka_unit_test_teardown(bells_are_found_between_cells, tear_down),
        cmocka_unit_test_teardown(bells_at_the_border_stay_in_the_map, tear_down),
        cmocka_unit_test_teardown(of_two_too_close_the_higher_stays, tear_down),
        cmocka_unit_test_teardown(the_ends_of_a_chain_stay, tear_down),
        cmocka_unit_test_teardown(of_two_equal_the_first_in_reading_order_stays, tear_down),
        cmocka_unit_test_teardown(the_threshold_itself_is_enough, tear_down),
        cmocka_unit_test_teardown(a_top_between_cells_counts_where_no_cell_does, tear_down),
        cmocka_unit_test_teardown(a_plateau_has_one_peak, tear_down),
        cmocka_unit_test_teardown(equal_cells_have_one_peak_in_the_first, tear_down),
        cmocka_unit_test_teardown(nothing_is_found_in_what_is_not_positive, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
