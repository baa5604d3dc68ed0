/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The calibrator on made-up weights: what its ranges are worth, what they depend on, what is refused. */

#include "check.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "edit_weights.h"
#include "synthetic.h"

enum { WIDTH = 96, HEIGHT = 64 };

static uint8_t pixels[HEIGHT][WIDTH][3];
static unsigned char *weights;
static size_t weights_size;
static lightpose_model *model;
static int has_7_bits; /* weights, where oneDNN's sums of products would saturate: twice the steps */

static int make_model(void **state) {
    lightpose_system system;

    (void)state;
    lightpose_system_get(&system);
    has_7_bits = strcmp(system.cpu, "baseline") == 0;
    for (size_t i = 0; i < sizeof pixels; i++)
        ((uint8_t *)pixels)[i] = (uint8_t)(128 + 100 * sin((double)i * 0.01) + (double)(i % 7));
    weights = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 0, 7, &weights_size);
    return weights ? (int)lightpose_model_create_from_memory(&model, weights, weights_size, NULL) : -1;
}

static int free_model(void **state) {
    (void)state;
    lightpose_model_destroy(&model);
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

    lightpose_settings_init(&settings);
    settings.height = height;
    settings.threads = threads;
    assert_ok(lightpose_calibrator_create(&calibrator, model, &settings, error));
    return calibrator;
}

static const char *text_of(lightpose_calibrator *calibrator, lightpose_calibration method) {
    const char *text;

    assert_ok(lightpose_calibrator_get_ranges(calibrator, method, 0, &text, error));
    return text;
}

/* The made-up weights with these ranges. */
static lightpose_model *with_ranges(const char *text) {
    lightpose_model *made;
    size_t size;
    parts file = take_apart(weights, weights_size);

    json_object_set_new(json_object_get(file.header, "__metadata__"), "activation_ranges", json_string(text));
    unsigned char *const bytes = put_together(&file, &size);
    assert_ok(lightpose_model_create_from_memory(&made, bytes, size, error));
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
        lightpose_settings_init(&settings);
        settings.height = HEIGHT;
        settings.precision = precisions[i];
        assert_ok(lightpose_context_create(&contexts[i], of, &settings, error));
        assert_ok(lightpose_context_infer(contexts[i], &image, result, error));
        assert_ok(lightpose_context_get_maps(contexts[i], &maps[i], error));
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
    lightpose_context_destroy(&contexts[0]);
    lightpose_context_destroy(&contexts[1]);
    lightpose_result_destroy(&result);
}

static void ranges_make_int8_of_weights_without(void **state) {
    const lightpose_image image = picture();
    lightpose_calibrator *calibrator = calibrator_at(HEIGHT, 1);
    (void)state;

    assert_ok(lightpose_calibrator_add(calibrator, &image, error));
    for (int method = LIGHTPOSE_CALIBRATION_DEFAULT; method <= LIGHTPOSE_CALIBRATION_MSE; method++) {
        double size, difference;
        const double bound = has_7_bits ? 0.15 : 0.1;
        lightpose_model *made = with_ranges(text_of(calibrator, (lightpose_calibration)method));
        compare_maps(made, &size, &difference);
        if (!(difference < bound * size))
            fail_msg("method %d: maps of %g are off by %g", method, size, difference);
        lightpose_model_destroy(&made);
    }
    lightpose_calibrator_destroy(&calibrator);
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
    lightpose_calibrator_destroy(&one);
    lightpose_calibrator_destroy(&two);
}

static void heights_and_mirror_count(void **state) {
    const lightpose_image image = picture();
    lightpose_settings settings;
    lightpose_calibrator *plain = calibrator_at(HEIGHT, 1), *more;
    (void)state;

    lightpose_settings_init(&settings);
    settings.height = HEIGHT;
    for (int i = 0; i < 2; i++) {
        settings.flip = i == 0;
        settings.extra_heights[1] = i == 0 ? 0 : 2 * HEIGHT;
        assert_ok(lightpose_calibrator_create(&more, model, &settings, error));
        assert_ok(lightpose_calibrator_add(plain, &image, error));
        assert_ok(lightpose_calibrator_add(more, &image, error));
        assert_string_not_equal(text_of(plain, LIGHTPOSE_CALIBRATION_MINMAX),
                                text_of(more, LIGHTPOSE_CALIBRATION_MINMAX));
        lightpose_calibrator_destroy(&more);
    }
    lightpose_calibrator_destroy(&plain);
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
    lightpose_calibrator_destroy(&calibrator);
}

static void wrong_calls_are_refused(void **state) {
    const lightpose_image image = picture();
    lightpose_image broken = picture();
    lightpose_calibrator *calibrator = NULL;
    lightpose_settings settings;
    const char *text = "";
    (void)state;

    lightpose_settings_init(&settings);
    settings.height = 0;
    broken.width = 0;
    assert_fails(lightpose_calibrator_create(NULL, model, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "calibrator is NULL");
    assert_fails(lightpose_calibrator_create(&calibrator, NULL, NULL, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "model is NULL");
    assert_fails(lightpose_calibrator_create(&calibrator, model, &settings, error), LIGHTPOSE_ERROR_ARGUMENT, "height");
    assert_null(calibrator);
    assert_fails(lightpose_calibrator_add(NULL, &image, error), LIGHTPOSE_ERROR_ARGUMENT, "calibrator is NULL");
    assert_ok(lightpose_calibrator_create(&calibrator, model, NULL, error));
    assert_fails(lightpose_calibrator_add(calibrator, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "image is NULL");
    assert_fails(lightpose_calibrator_add(calibrator, &broken, error), LIGHTPOSE_ERROR_IMAGE, "0");
    assert_fails(lightpose_calibrator_get_ranges(calibrator, LIGHTPOSE_CALIBRATION_MSE, 0, &text, error),
                 LIGHTPOSE_ERROR_STATE, "no image");
    assert_null(text);
    assert_fails(lightpose_calibrator_get_ranges(calibrator, (lightpose_calibration)4, 0, &text, error),
                 LIGHTPOSE_ERROR_ARGUMENT, "method is 4");
    assert_fails(lightpose_calibrator_get_ranges(calibrator, LIGHTPOSE_CALIBRATION_PERCENTILE, 101, &text, error),
                 LIGHTPOSE_ERROR_ARGUMENT, "share is 101");
    assert_fails(lightpose_calibrator_get_ranges(calibrator, LIGHTPOSE_CALIBRATION_PERCENTILE, NAN, &text, error),
                 LIGHTPOSE_ERROR_ARGUMENT, "share is nan");
    assert_fails(lightpose_calibrator_get_ranges(calibrator, LIGHTPOSE_CALIBRATION_MSE, 0, NULL, error),
                 LIGHTPOSE_ERROR_ARGUMENT, "text is NULL");
    lightpose_calibrator_destroy(&calibrator);
    lightpose_calibrator_destroy(&calibrator);
    lightpose_calibrator_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_make_int8_of_weights_without),
        cmocka_unit_test(threads_and_order_leave_ranges_alone),
        cmocka_unit_test(heights_and_mirror_count),
        cmocka_unit_test(numbers_have_a_point_in_every_locale),
        cmocka_unit_test(wrong_calls_are_refused),
    };
    return cmocka_run_group_tests_name("calibrate", tests, make_model, free_model);
}
