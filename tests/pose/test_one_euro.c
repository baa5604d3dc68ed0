/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The One-Euro filter against values worked out by hand, and what it promises: less jitter, bounded lag. */

#include "pose/track.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "scene.h"

static const lp_one_euro_settings published = {.min_cutoff = 1, .beta = 0.05, .derivative_cutoff = 1};

/* Two steps at 15 Hz from 0 to 10 to 10, docs/algorithm.md 9's formulas: alpha(1 Hz) = 1 / (1 + 15 / (2 pi)) =
 * 0.2952183; slope 150 px/s -> 44.282742; cutoff 1 + 0.05 x 44.282742 = 3.214137 Hz, alpha 0.5738033 -> 5.738033. Then
 * slope 0 -> 31.209667; cutoff 2.560483, alpha 0.5174986 -> 5.738033 + 0.5174986 x 4.261967 = 7.943595. */
static void follows_the_published_formulas(void **state) {
    (void)state;
    lp_one_euro filter;

    lp_one_euro_start(&filter, 0);
    assert_near(lp_one_euro_step(&filter, &published, 10, 1.0 / 15), 5.738033, 1e-6);
    assert_near(filter.slope, 44.282742, 1e-6);
    assert_near(lp_one_euro_step(&filter, &published, 10, 1.0 / 15), 7.943595, 1e-6);
    assert_near(filter.slope, 31.209667, 1e-6);
}

static void passes_the_first_sample(void **state) {
    (void)state;
    lp_one_euro filter = {.raw = 7, .value = 8, .slope = 9};

    lp_one_euro_start(&filter, -3.25);
    assert_near(filter.value, -3.25, 0);
    assert_near(lp_one_euro_step(&filter, &published, -3.25, 0.04), -3.25, 0);
}

/* The true time counts: half the steps of double length reach nearly the same place. */
static void uses_the_time_between_samples(void **state) {
    (void)state;
    lp_one_euro fine, coarse;

    lp_one_euro_start(&fine, 0);
    lp_one_euro_start(&coarse, 0);
    for (int i = 1; i <= 100; i++) {
        lp_one_euro_step(&fine, &published, i * 1.0, 0.02);
        if (i % 2 == 0)
            lp_one_euro_step(&coarse, &published, i * 1.0, 0.04);
    }
    /* Both lag a motion of 50 px/s by 50 tau less up to a step: tau = 1 / (2 pi 3.5). */
    assert_near(100 - fine.value, 50 / (2 * M_PI * 3.5), 0.05);
    assert_near(100 - coarse.value, 50 / (2 * M_PI * 3.5), 0.05);
}

/* Steady motion at any speed lags by v / (2 pi (1 + 0.05 v)), at most 1 / (2 pi 0.05) = 3.18 px. */
static void lags_a_steady_motion_by_a_bounded_amount(void **state) {
    (void)state;
    static const double speeds[] = {1, 10, 100, 1000, 10000};
    static const double rates[] = {10, 25, 30, 50};

    for (size_t s = 0; s < sizeof speeds / sizeof *speeds; s++) {
        for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
            lp_one_euro filter;
            double raw = 0, lag = 0;
            lp_one_euro_start(&filter, 0);
            for (int i = 0; i < 20 * rates[r]; i++) {
                raw += speeds[s] / rates[r];
                lag = raw - lp_one_euro_step(&filter, &published, raw, 1 / rates[r]);
            }
            assert_near(lag, speeds[s] / (2 * M_PI * (1 + 0.05 * speeds[s])), 0.01);
            assert_true(lag <= 3.19);
        }
    }
}

/* A still point with jitter of 1 px, 30 Hz: its spread falls to 0.4 at most, and its trembling, the differences
 * from frame to frame, to a fifth. */
static void removes_jitter_of_a_still_point(void **state) {
    (void)state;
    uint64_t random = 5;
    lp_one_euro filter;
    double raw_spread = 0, spread = 0, raw_tremble = 0, tremble = 0, last = 0, raw_last = 0;

    lp_one_euro_start(&filter, 0);
    for (int i = 0; i < 3000; i++) {
        const double raw = scene_normal(&random);
        const double value = lp_one_euro_step(&filter, &published, raw, 1.0 / 30);
        raw_spread += raw * raw;
        spread += value * value;
        raw_tremble += (raw - raw_last) * (raw - raw_last);
        tremble += (value - last) * (value - last);
        last = value;
        raw_last = raw;
    }
    assert_true(sqrt(spread / raw_spread) < 0.4);
    assert_true(sqrt(tremble / raw_tremble) < 0.2);
}

static void stays_between_its_last_value_and_the_sample(void **state) {
    (void)state;
    static const double steps[] = {1e-4, 1e-3, 0.02, 1, 100, 1e9};
    static const double sizes[] = {1, 1e4, 3e38};
    uint64_t random = 11;
    lp_one_euro filter;

    lp_one_euro_start(&filter, 0);
    for (int i = 0; i < 20000; i++) {
        const double before = filter.value;
        const double raw = (2 * scene_random(&random) - 1) * sizes[i % 3];
        const double value = lp_one_euro_step(&filter, &published, raw, steps[i % 6]);
        assert_true(isfinite(value));
        const double rounding = 1e-15 * fmax(fabs(before), fabs(raw));
        assert_true(value >= fmin(before, raw) - rounding && value <= fmax(before, raw) + rounding);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_published_formulas),
        cmocka_unit_test(passes_the_first_sample),
        cmocka_unit_test(uses_the_time_between_samples),
        cmocka_unit_test(lags_a_steady_motion_by_a_bounded_amount),
        cmocka_unit_test(removes_jitter_of_a_still_point),
        cmocka_unit_test(stays_between_its_last_value_and_the_sample),
    };
    return cmocka_run_group_tests_name("one_euro", tests, NULL, NULL);
}
