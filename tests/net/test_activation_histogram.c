/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* net/activation_histogram.h: ranges of a histogram against those of the sorted values. */

#include "check.h"

#include <math.h>

#include "net/activation_histogram.h"

enum { CHANNELS = 3, CELLS = 4000 };

static float values[CELLS][CHANNELS];

/* Channel 0 after ReLU, channel 1 signed and ten times as large, channel 2 never other than 0. */
static void fill_values(unsigned seed) {
    uint32_t state = seed * 2654435761u + 1;

    for (int i = 0; i < CELLS; i++) {
        double sum = 0;
        for (int j = 0; j < 6; j++) {
            state = state * 1664525u + 1013904223u;
            sum += (double)(state >> 8) / (1 << 24) - 0.5;
        }
        values[i][0] = sum > 0 ? (float)(sum * sum) : 0;
        values[i][1] = (float)(-10 * sum * sum * sum);
        values[i][2] = 0;
    }
}

static lp_tensor_view view_of(int first, int count) {
    return (lp_tensor_view){.data = values[first],
                            .row_stride = (ptrdiff_t)count * CHANNELS,
                            .cell_stride = CHANNELS,
                            .channels = CHANNELS,
                            .height = 1,
                            .width = count};
}

static lp_histogram histogram_of_values(int pieces) {
    lp_histogram histogram;

    assert_ok(lp_histogram_create(&histogram, "tensor", CHANNELS, error));
    for (int i = 0; i < pieces; i++) {
        const lp_tensor_view view = view_of(i * (CELLS / pieces), CELLS / pieces);
        assert_true(lp_histogram_add(&histogram, &view));
    }
    return histogram;
}

static void range_of(const lp_histogram *histogram, lightpose_calibration method, double share, int steps,
                     int per_channel, float *low, float *high) {
    const lp_range_rule rule = {.method = method, .share = share, .steps = steps, .per_channel = per_channel};

    lp_histogram_ranges(histogram, &rule, low, high);
}

static int by_value(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void minmax_holds_every_value(void **state) {
    float low[CHANNELS], high[CHANNELS], least = 0, most = 0, first = 0;
    (void)state;

    fill_values(1);
    for (int i = 0; i < CELLS; i++) {
        first = fmaxf(first, values[i][0]);
        least = fminf(least, values[i][1]);
        most = fmaxf(most, values[i][1]);
    }
    lp_histogram histogram = histogram_of_values(8);
    range_of(&histogram, LIGHTPOSE_CALIBRATION_MINMAX, 0, 255, 1, low, high);
    assert_true(low[0] == 0 && high[0] == first);
    assert_true(low[1] == least && high[1] == most);
    assert_true(low[2] == least && high[2] == most); /* nothing is known of it: as the whole tensor */
    range_of(&histogram, LIGHTPOSE_CALIBRATION_MINMAX, 0, 255, 0, low, high);
    assert_true(low[0] == least && high[0] == most);
    lp_histogram_free(&histogram);
}

/* However the values come, in one go or with ever larger ones, the histogram is the same. */
static void histogram_does_not_know_the_order(void **state) {
    (void)state;

    fill_values(2);
    for (int i = 0; i < CELLS; i++)
        values[i][0] *= (float)(i + 1) / CELLS * (float)(i + 1) / CELLS;
    lp_histogram once = histogram_of_values(1), often = histogram_of_values(CELLS);
    assert_memory_equal(once.reach, often.reach, sizeof(float) * CHANNELS);
    assert_memory_equal(once.counts, often.counts, sizeof(uint32_t) * CHANNELS * LP_HISTOGRAM_BINS);
    uint64_t sum = 0, positive = 0;
    for (int i = 0; i < LP_HISTOGRAM_BINS; i++)
        sum += once.counts[i];
    for (int i = 0; i < CELLS; i++)
        positive += values[i][0] != 0;
    assert_int_equal(sum, positive);
    lp_histogram_free(&once);
    lp_histogram_free(&often);
}

static void percentile_is_that_of_sorted_magnitudes(void **state) {
    static const double shares[] = {90, 99, 99.9, 100};
    float sorted[CELLS], low[CHANNELS], high[CHANNELS];
    (void)state;

    fill_values(3);
    lp_histogram histogram = histogram_of_values(4);
    for (int i = 0; i < CELLS; i++)
        sorted[i] = fabsf(values[i][1]);
    qsort(sorted, CELLS, sizeof *sorted, by_value);
    for (int i = 0; i < 4; i++) {
        const int at = CELLS - 1 - (int)(CELLS * (100 - shares[i]) / 100 + 1e-6);
        range_of(&histogram, LIGHTPOSE_CALIBRATION_PERCENTILE, shares[i], 127, 1, low, high);
        const float chosen = fmaxf(-low[1], high[1]), bin = histogram.reach[1] / LP_HISTOGRAM_BINS;
        if (!(fabsf(chosen - sorted[at]) <= bin))
            fail_msg("%g percent: %g, not %g; bin %g", shares[i], (double)chosen, (double)sorted[at], (double)bin);
        if (shares[i] == 100)
            assert_true(chosen == sorted[CELLS - 1]);
    }
    lp_histogram_free(&histogram);
}

/* Stored in `steps` steps up to `most` and read back; what is cut off counts more. */
static double squared_error(int channel, double most, int steps) {
    const double step = most / steps;
    double sum = 0;

    for (int i = 0; i < CELLS; i++) {
        const double value = (double)values[i][channel];
        double stored = rint(value / step);
        stored = stored > steps ? steps : stored < -steps ? -steps : stored;
        sum += (value - stored * step) * (value - stored * step) * (fabs(value) > most ? LP_HISTOGRAM_CUT_OFF : 1);
    }
    return sum;
}

/* No other end of the range does notably better on the values themselves. */
static void mse_is_near_the_best_of_all_ranges(void **state) {
    static const int steps[] = {7, 15, 127, 255};
    float low[CHANNELS], high[CHANNELS];
    (void)state;

    fill_values(4);
    lp_histogram histogram = histogram_of_values(2);
    for (int i = 0; i < 4; i++)
        for (int channel = 0; channel < 2; channel++) {
            range_of(&histogram, LIGHTPOSE_CALIBRATION_MSE, 0, steps[i], 1, low, high);
            const double chosen = (double)fmaxf(-low[channel], high[channel]);
            double best = INFINITY;
            for (int k = 1; k <= 400; k++)
                best = fmin(best, squared_error(channel, (double)histogram.reach[channel] * k / 400, steps[i]));
            assert_true(squared_error(channel, chosen, steps[i]) <= 1.15 * best);
            if (steps[i] == 7) /* a coarse step gives up the rare large values */
                assert_true(chosen < 0.9 * (double)fmaxf(-histogram.low[channel], histogram.high[channel]));
        }
    lp_histogram_free(&histogram);
}

static void nothing_but_zeros_has_a_range(void **state) {
    float low[CHANNELS], high[CHANNELS];
    (void)state;

    memset(values, 0, sizeof values);
    lp_histogram histogram = histogram_of_values(1);
    for (int method = LIGHTPOSE_CALIBRATION_MINMAX; method <= LIGHTPOSE_CALIBRATION_MSE; method++)
        for (int per_channel = 0; per_channel < 2; per_channel++) {
            range_of(&histogram, (lightpose_calibration)method, 99, 255, per_channel, low, high);
            assert_true(low[0] == 0 && high[0] == 1);
        }
    lp_histogram_free(&histogram);
}

static void values_beyond_counting_are_told(void **state) {
    static const float bad[] = {NAN, INFINITY, -INFINITY, 2e9f};
    const lp_tensor_view view = view_of(0, CELLS);
    (void)state;

    for (int i = 0; i < 4; i++) {
        fill_values(5);
        lp_histogram histogram = histogram_of_values(1);
        const uint32_t before = histogram.counts[LP_HISTOGRAM_BINS + 1];
        values[CELLS / 2][1] = bad[i];
        assert_false(lp_histogram_add(&histogram, &view));
        assert_int_equal(histogram.counts[LP_HISTOGRAM_BINS + 1], before);
        lp_histogram_free(&histogram);
    }
}

static void smallest_values_are_counted(void **state) {
    float low[CHANNELS], high[CHANNELS];
    (void)state;

    memset(values, 0, sizeof values);
    values[0][0] = 1e-45f;
    lp_histogram histogram = histogram_of_values(1);
    range_of(&histogram, LIGHTPOSE_CALIBRATION_MSE, 0, 255, 1, low, high);
    assert_true(high[0] > 0);
    lp_histogram_free(&histogram);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minmax_holds_every_value),
        cmocka_unit_test(histogram_does_not_know_the_order),
        cmocka_unit_test(percentile_is_that_of_sorted_magnitudes),
        cmocka_unit_test(mse_is_near_the_best_of_all_ranges),
        cmocka_unit_test(nothing_but_zeros_has_a_range),
        cmocka_unit_test(values_beyond_counting_are_told),
        cmocka_unit_test(smallest_values_are_counted),
    };
    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
