/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Ranges for int8: histograms against sorted values, and the calibrator on made-up weights. */

#include "check.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "edit_weights.h"
#include "net/spread.h"
#include "synthetic.h"

/* ---- Spread ------------------------------------------------------------------------------------------------------ */

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

static lp_spread spread_of_values(int pieces) {
    lp_spread spread;

    assert_ok(lp_spread_create(&spread, "tensor", CHANNELS, error));
    for (int i = 0; i < pieces; i++) {
        const lp_tensor_view view = view_of(i * (CELLS / pieces), CELLS / pieces);
        assert_true(lp_spread_add(&spread, &view));
    }
    return spread;
}

static void range_of(const lp_spread *spread, lightpose_calibration method, double share, int steps, int per_channel,
                     float *low, float *high) {
    const lp_spread_rule rule = {.method = method, .share = share, .steps = steps, .per_channel = per_channel};

    lp_spread_ranges(spread, &rule, low, high);
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
    lp_spread spread = spread_of_values(8);
    range_of(&spread, LIGHTPOSE_CALIBRATION_MINMAX, 0, 255, 1, low, high);
    assert_true(low[0] == 0 && high[0] == first);
    assert_true(low[1] == least && high[1] == most);
    assert_true(low[2] == least && high[2] == most); /* nothing is known of it: as the whole tensor */
    range_of(&spread, LIGHTPOSE_CALIBRATION_MINMAX, 0, 255, 0, low, high);
    assert_true(low[0] == least && high[0] == most);
    lp_spread_free(&spread);
}

/* However the values come, in one go or with ever larger ones, the histogram is the same. */
static void histogram_does_not_know_the_order(void **state) {
    (void)state;

    fill_values(2);
    for (int i = 0; i < CELLS; i++)
        values[i][0] *= (float)(i + 1) / CELLS * (float)(i + 1) / CELLS;
    lp_spread once = spread_of_values(1), often = spread_of_values(CELLS);
    assert_memory_equal(once.reach, often.reach, sizeof(float) * CHANNELS);
    assert_memory_equal(once.counts, often.counts, sizeof(uint32_t) * CHANNELS * LP_SPREAD_BINS);
    uint64_t sum = 0, positive = 0;
    for (int i = 0; i < LP_SPREAD_BINS; i++)
        sum += once.counts[i];
    for (int i = 0; i < CELLS; i++)
        positive += values[i][0] != 0;
    assert_int_equal(sum, positive);
    lp_spread_free(&once);
    lp_spread_free(&often);
}

static void percentile_is_that_of_sorted_magnitudes(void **state) {
    static const double shares[] = {90, 99, 99.9, 100};
    float sorted[CELLS], low[CHANNELS], high[CHANNELS];
    (void)state;

    fill_values(3);
    lp_spread spread = spread_of_values(4);
    for (int i = 0; i < CELLS; i++)
        sorted[i] = fabsf(values[i][1]);
    qsort(sorted, CELLS, sizeof *sorted, by_value);
    for (int i = 0; i < 4; i++) {
        const int at = CELLS - 1 - (int)(CELLS * (100 - shares[i]) / 100 + 1e-6);
        range_of(&spread, LIGHTPOSE_CALIBRATION_PERCENTILE, shares[i], 127, 1, low, high);
        const float chosen = fmaxf(-low[1], high[1]), bin = spread.reach[1] / LP_SPREAD_BINS;
        if (!(fabsf(chosen - sorted[at]) <= bin))
            fail_msg("%g percent: %g, not %g; bin %g", shares[i], (double)chosen, (double)sorted[at], (double)bin);
        if (shares[i] == 100)
            assert_true(chosen == sorted[CELLS - 1]);
    }
    lp_spread_free(&spread);
}

/* Stored in `steps` steps up to `most` and read back. */
static double squared_error(int channel, double most, int steps) {
    const double step = most / steps;
    double sum = 0;

    for (int i = 0; i < CELLS; i++) {
        const double value = (double)values[i][channel];
        double stored = rint(value / step);
        stored = stored > steps ? steps : stored < -steps ? -steps : stored;
        sum += (value - stored * step) * (value - stored * step);
    }
    return sum;
}

/* No other end of the range does notably better on the values themselves. */
static void mse_is_near_the_best_of_all_ranges(void **state) {
    static const int steps[] = {7, 15, 127, 255};
    float low[CHANNELS], high[CHANNELS];
    (void)state;

    fill_values(4);
    lp_spread spread = spread_of_values(2);
    for (int i = 0; i < 4; i++)
        for (int channel = 0; channel < 2; channel++) {
            range_of(&spread, LIGHTPOSE_CALIBRATION_MSE, 0, steps[i], 1, low, high);
            const double chosen = (double)fmaxf(-low[channel], high[channel]);
            double best = INFINITY;
            for (int k = 1; k <= 400; k++)
                best = fmin(best, squared_error(channel, (double)spread.reach[channel] * k / 400, steps[i]));
            assert_true(squared_error(channel, chosen, steps[i]) <= 1.15 * best);
            if (steps[i] == 7) /* a coarse code gives up the rare large values */
                assert_true(chosen < 0.8 * (double)fmaxf(-spread.low[channel], spread.high[channel]));
        }
    lp_spread_free(&spread);
}

static void nothing_but_zeros_has_a_range(void **state) {
    float low[CHANNELS], high[CHANNELS];
    (void)state;

    memset(values, 0, sizeof values);
    lp_spread spread = spread_of_values(1);
    for (int method = LIGHTPOSE_CALIBRATION_MINMAX; method <= LIGHTPOSE_CALIBRATION_MSE; method++)
        for (int per_channel = 0; per_channel < 2; per_channel++) {
            range_of(&spread, (lightpose_calibration)method, 99, 255, per_channel, low, high);
            assert_true(low[0] == 0 && high[0] == 1);
        }
    lp_spread_free(&spread);
}

static void values_beyond_counting_are_told(void **state) {
    static const float bad[] = {NAN, INFINITY, -INFINITY, 2e9f};
    const lp_tensor_view view = view_of(0, CELLS);
    (void)state;

    for (int i = 0; i < 4; i++) {
        fill_values(5);
        lp_spread spread = spread_of_values(1);
        const uint32_t before = spread.counts[LP_SPREAD_BINS + 1];
        values[CELLS / 2][1] = bad[i];
        assert_false(lp_spread_add(&spread, &view));
        assert_int_equal(spread.counts[LP_SPREAD_BINS + 1], before);
        lp_spread_free(&spread);
    }
}

static void smallest_values_are_counted(void **state) {
    float low[CHANNELS], high[CHANNELS];
    (void)state;

    memset(values, 0, sizeof values);
    values[0][0] = 1e-45f;
    lp_spread spread = spread_of_values(1);
    range_of(&spread, LIGHTPOSE_CALIBRATION_MSE, 0, 255, 1, low, high);
    assert_true(high[0] > 0);
    lp_spread_free(&spread);
}

/* ---- Calibrator -------------------------------------------------------------------------------------------------- */

enum { WIDTH = 96, HEIGHT = 64 };

static uint8_t pixels[HEIGHT][WIDTH][3];
static unsigned char *weights;
static size_t weights_size;
static lightpose_model *model;

static int make_model(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof pixels; i++)
        ((uint8_t *)pixels)[i] = (uint8_t)(128 + 100 * sin((double)i * 0.01) + (double)(i % 7));
    weights = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 0, 7, &weights_size);
    return weights ? (int)lightpose_model_load_memory(&model, weights, weights_size, NULL) : -1;
}

static int free_model(void **state) {
    (void)state;
    lightpose_model_release(&model);
    free(weights);
    return 0;
}

static lightpose_image picture(void) {
    return (lightpose_image){.planes = {pixels[0][0]},
                             .strides = {sizeof pixels[0]},
                             .width = WIDTH,
                             .height = HEIGHT,
                             .format = LIGHTPOSE_BGR24};
}

static lightpose_calibrator *calibrator_at(int height, int threads) {
    lightpose_calibrator *calibrator;
    lightpose_settings settings;

    lightpose_settings_default(&settings);
    settings.height = height;
    settings.threads = threads;
    assert_ok(lightpose_calibrator_open(&calibrator, model, &settings, error));
    return calibrator;
}

static const char *text_of(lightpose_calibrator *calibrator, lightpose_calibration method) {
    const char *text;

    assert_ok(lightpose_calibrator_ranges(calibrator, method, 0, &text, error));
    return text;
}

/* The made-up weights with these ranges. */
static lightpose_model *with_ranges(const char *text) {
    lightpose_model *made;
    size_t size;
    parts file = take_apart(weights, weights_size);

    json_object_set_new(json_object_get(file.header, "__metadata__"), "activation_ranges", json_string(text));
    unsigned char *const bytes = put_together(&file, &size);
    assert_ok(lightpose_model_load_memory(&made, bytes, size, error));
    free(bytes);
    free_parts(&file);
    return made;
}

/* Root mean square of the maps of `of`, and of their difference to f32's. */
static void compare_maps(lightpose_model *of, double *size, double *difference) {
    const lightpose_precision precisions[] = {LIGHTPOSE_PRECISION_F32, LIGHTPOSE_PRECISION_INT8};
    const lightpose_image image = picture();
    lightpose_context *contexts[2];
    lightpose_result *result;
    lightpose_maps maps[2];

    assert_ok(lightpose_result_create(&result, error));
    for (int i = 0; i < 2; i++) {
        lightpose_settings settings;
        lightpose_settings_default(&settings);
        settings.height = HEIGHT;
        settings.precision = precisions[i];
        assert_ok(lightpose_context_open(&contexts[i], of, &settings, error));
        assert_ok(lightpose_infer(contexts[i], &image, result, error));
        assert_ok(lightpose_context_maps(contexts[i], &maps[i], error));
    }
    const int count = maps[0].width * maps[0].height * LIGHTPOSE_HEATMAPS;
    *size = *difference = 0;
    for (int i = 0; i < count; i++) {
        const double f32 = (double)maps[0].heatmaps[i], int8 = (double)maps[1].heatmaps[i];
        *size += f32 * f32 / count;
        *difference += (int8 - f32) * (int8 - f32) / count;
    }
    *size = sqrt(*size);
    *difference = sqrt(*difference);
    lightpose_context_close(&contexts[0]);
    lightpose_context_close(&contexts[1]);
    lightpose_result_destroy(&result);
}

static void ranges_make_int8_of_weights_without(void **state) {
    const lightpose_image image = picture();
    lightpose_calibrator *calibrator = calibrator_at(HEIGHT, 1);
    (void)state;

    assert_ok(lightpose_calibrator_add(calibrator, &image, error));
    for (int method = LIGHTPOSE_CALIBRATION_DEFAULT; method <= LIGHTPOSE_CALIBRATION_MSE; method++) {
        double size, difference;
        lightpose_model *made = with_ranges(text_of(calibrator, (lightpose_calibration)method));
        compare_maps(made, &size, &difference);
        if (!(difference < 0.1 * size))
            fail_msg("method %d: maps of %g are off by %g", method, size, difference);
        lightpose_model_release(&made);
    }
    lightpose_calibrator_close(&calibrator);
    assert_null(calibrator);
}

static void threads_and_order_leave_ranges_alone(void **state) {
    const lightpose_image image = picture();
    lightpose_image part = picture();
    lightpose_calibrator *one = calibrator_at(HEIGHT, 1), *two = calibrator_at(HEIGHT, 3);
    (void)state;

    part.width = WIDTH / 2;
    assert_ok(lightpose_calibrator_add(one, &image, error));
    char *const alone = strdup(text_of(one, LIGHTPOSE_CALIBRATION_MSE));
    assert_ok(lightpose_calibrator_add(one, &part, error));
    assert_ok(lightpose_calibrator_add(two, &part, error));
    assert_ok(lightpose_calibrator_add(two, &image, error));
    assert_string_equal(text_of(one, LIGHTPOSE_CALIBRATION_MSE), text_of(two, LIGHTPOSE_CALIBRATION_MSE));
    assert_string_not_equal(alone, text_of(one, LIGHTPOSE_CALIBRATION_MSE));
    free(alone);
    lightpose_calibrator_close(&one);
    lightpose_calibrator_close(&two);
}

static void heights_and_mirror_count(void **state) {
    const lightpose_image image = picture();
    lightpose_settings settings;
    lightpose_calibrator *plain = calibrator_at(HEIGHT, 1), *more;
    (void)state;

    lightpose_settings_default(&settings);
    settings.height = HEIGHT;
    for (int i = 0; i < 2; i++) {
        settings.flip = i == 0;
        settings.extra_heights[1] = i == 0 ? 0 : 2 * HEIGHT;
        assert_ok(lightpose_calibrator_open(&more, model, &settings, error));
        assert_ok(lightpose_calibrator_add(plain, &image, error));
        assert_ok(lightpose_calibrator_add(more, &image, error));
        assert_string_not_equal(text_of(plain, LIGHTPOSE_CALIBRATION_MINMAX),
                                text_of(more, LIGHTPOSE_CALIBRATION_MINMAX));
        lightpose_calibrator_close(&more);
    }
    lightpose_calibrator_close(&plain);
}

static void numbers_have_a_point_in_every_locale(void **state) {
    const lightpose_image image = picture();
    lightpose_calibrator *calibrator = calibrator_at(HEIGHT, 1);
    (void)state;

    assert_ok(lightpose_calibrator_add(calibrator, &image, error));
    char *const plain = strdup(text_of(calibrator, LIGHTPOSE_CALIBRATION_MINMAX));
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") || setlocale(LC_NUMERIC, "fr_FR.UTF-8")) {
        assert_string_equal(text_of(calibrator, LIGHTPOSE_CALIBRATION_MINMAX), plain);
        setlocale(LC_NUMERIC, "C");
    }
    assert_non_null(strstr(plain, "{\"data\":[-0.5"));
    free(plain);
    lightpose_calibrator_close(&calibrator);
}

static void wrong_calls_are_refused(void **state) {
    const lightpose_image image = picture();
    lightpose_image broken = picture();
    lightpose_calibrator *calibrator = NULL;
    lightpose_settings settings;
    const char *text = "";
    (void)state;

    lightpose_settings_default(&settings);
    settings.height = 0;
    broken.width = 0;
    assert_fails(lightpose_calibrator_open(NULL, model, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "calibrator is NULL");
    assert_fails(lightpose_calibrator_open(&calibrator, NULL, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "model is NULL");
    assert_fails(lightpose_calibrator_open(&calibrator, model, &settings, error), LIGHTPOSE_ERROR_ARGUMENT, "height");
    assert_null(calibrator);
    assert_fails(lightpose_calibrator_add(NULL, &image, error), LIGHTPOSE_ERROR_ARGUMENT, "calibrator is NULL");
    assert_ok(lightpose_calibrator_open(&calibrator, model, NULL, error));
    assert_fails(lightpose_calibrator_add(calibrator, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "image is NULL");
    assert_fails(lightpose_calibrator_add(calibrator, &broken, error), LIGHTPOSE_ERROR_IMAGE, "0");
    assert_fails(lightpose_calibrator_ranges(calibrator, LIGHTPOSE_CALIBRATION_MSE, 0, &text, error),
                 LIGHTPOSE_ERROR_STATE, "no image");
    assert_null(text);
    assert_fails(lightpose_calibrator_ranges(calibrator, (lightpose_calibration)4, 0, &text, error),
                 LIGHTPOSE_ERROR_ARGUMENT, "method is 4");
    assert_fails(lightpose_calibrator_ranges(calibrator, LIGHTPOSE_CALIBRATION_PERCENTILE, 101, &text, error),
                 LIGHTPOSE_ERROR_ARGUMENT, "share is 101");
    assert_fails(lightpose_calibrator_ranges(calibrator, LIGHTPOSE_CALIBRATION_PERCENTILE, NAN, &text, error),
                 LIGHTPOSE_ERROR_ARGUMENT, "share is nan");
    assert_fails(lightpose_calibrator_ranges(calibrator, LIGHTPOSE_CALIBRATION_MSE, 0, NULL, error),
                 LIGHTPOSE_ERROR_ARGUMENT, "text is NULL");
    lightpose_calibrator_close(&calibrator);
    lightpose_calibrator_close(&calibrator);
    lightpose_calibrator_close(NULL);
}

static void memory_that_runs_out_is_told(void **state) {
    const lightpose_image image = picture();
    (void)state;

    for (int64_t nth = 1;; nth += nth < 20 ? 1 : 37) {
        lightpose_calibrator *calibrator = NULL;
        lightpose_settings settings;
        lightpose_error error = {0};
        const char *text;
        lightpose_settings_default(&settings);
        settings.height = HEIGHT;
        settings.threads = 1;
        lp_mem_fail_at(nth);
        lightpose_status status = lightpose_calibrator_open(&calibrator, model, &settings, &error);
        if (status == LIGHTPOSE_OK)
            status = lightpose_calibrator_add(calibrator, &image, &error);
        if (status == LIGHTPOSE_OK)
            status = lightpose_calibrator_ranges(calibrator, LIGHTPOSE_CALIBRATION_MSE, 0, &text, &error);
        lp_mem_fail_at(0);
        lightpose_calibrator_close(&calibrator);
        if (status == LIGHTPOSE_OK)
            break;
        assert_int_equal(status, LIGHTPOSE_ERROR_MEMORY);
    }
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
        cmocka_unit_test(ranges_make_int8_of_weights_without),
        cmocka_unit_test(threads_and_order_leave_ranges_alone),
        cmocka_unit_test(heights_and_mirror_count),
        cmocka_unit_test(numbers_have_a_point_in_every_locale),
        cmocka_unit_test(wrong_calls_are_refused),
        cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests_name("calibrate", tests, make_model, free_model);
}
