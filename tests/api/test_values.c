/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Sizes, names and settings go to text and back; what crops and resets do. */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include "made_model.h"

static void sizes_are_told_by_name(void **state) {
    (void)state;
    assert_int_equal(lightpose_type_get_size("lightpose_settings"), sizeof(lightpose_settings));
    assert_int_equal(lightpose_type_get_size("lightpose_pose"), sizeof(lightpose_pose));
    assert_int_equal(lightpose_type_get_size("lightpose_image"), sizeof(lightpose_image));
    assert_int_equal(lightpose_type_get_size("lightpose_model"), 0); /* opaque */
    assert_int_equal(lightpose_type_get_size(NULL), 0);
}

/* ---- Names and settings ------------------------------------------------------------------------------------------ */

static void names_go_to_values_and_back(void **state) {
    lightpose_precision precision = LIGHTPOSE_PRECISION_F32;
    lightpose_decoder decoder = LIGHTPOSE_DECODER_DEFAULT;
    lightpose_format format = LIGHTPOSE_BGR24;

    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_ok(lightpose_precision_parse(&precision, lightpose_precision_get_name((lightpose_precision)i), error));
        assert_int_equal(precision, i);
    }
    for (int i = 0; i < 3; i++) {
        assert_ok(lightpose_decoder_parse(&decoder, lightpose_decoder_get_name((lightpose_decoder)i), error));
        assert_int_equal(decoder, i);
    }
    for (int i = LIGHTPOSE_BGR24; i <= LIGHTPOSE_I420; i++) {
        assert_ok(lightpose_format_parse(&format, lightpose_format_get_name((lightpose_format)i), error));
        assert_int_equal(format, i);
    }
    assert_ok(lightpose_format_parse(&format, "NV12", error));
    assert_int_equal(format, LIGHTPOSE_NV12);
    assert_fails(lightpose_precision_parse(&precision, "fp8", error), LIGHTPOSE_ERROR_ARGUMENT,
                 "it must be one of auto, f32, bf16, int8");
    assert_fails(lightpose_format_parse(&format, "", error), LIGHTPOSE_ERROR_ARGUMENT, "bgr24, rgb24");
    assert_int_equal(format, LIGHTPOSE_NV12);
    assert_string_equal(lightpose_precision_get_name((lightpose_precision)9), "unknown");
    assert_string_equal(lightpose_decoder_get_name((lightpose_decoder)-1), "unknown");
    assert_string_equal(lightpose_format_get_name((lightpose_format)0), "unknown");
    assert_string_equal(lightpose_keypoint_get_name(LIGHTPOSE_LEFT_EAR), "left_ear");
}

static void settings_are_set_by_name(void **state) {
    lightpose_settings changed;
    lightpose_setting setting;
    double value = 0;

    (void)state;
    lightpose_settings_init(&changed);
    for (int i = 0; i < lightpose_setting_get_count(); i++) {
        char number[64];
        assert_int_equal(lightpose_setting_get_info(i, &setting), LIGHTPOSE_OK);
        assert_ok(lightpose_settings_get(&changed, setting.name, &value, error));
        assert_true(fabs(value - setting.initial) <= 1e-6 * fabs(setting.initial));
        assert_true(!strcmp(setting.group, "network") || !strcmp(setting.group, "decoder") ||
                    !strcmp(setting.group, "limits"));
        if (!strcmp(setting.name, "precision") || !strcmp(setting.name, "decoder"))
            continue;
        snprintf(number, sizeof number, "%.17g", setting.high);
        assert_ok(lightpose_settings_set(&changed, setting.name, number, error));
        assert_ok(lightpose_settings_get(&changed, setting.name, &value, error));
        assert_true(value == setting.high);
        snprintf(number, sizeof number, "%.17g", setting.high + 1 + setting.high / 100);
        assert_fails(lightpose_settings_set(&changed, setting.name, number, error), LIGHTPOSE_ERROR_ARGUMENT,
                     setting.name);
    }
    assert_int_equal(lightpose_setting_get_info(-1, &setting), LIGHTPOSE_ERROR_ARGUMENT);
    assert_int_equal(lightpose_setting_get_info(lightpose_setting_get_count(), &setting), LIGHTPOSE_ERROR_ARGUMENT);
    assert_ok(lightpose_settings_set(&changed, "precision", "INT8", error));
    assert_int_equal(changed.precision, LIGHTPOSE_PRECISION_INT8);
    assert_ok(lightpose_settings_set(&changed, "peak_threshold", "0.25", error));
    assert_true(changed.peak_threshold == 0.25f);
    assert_ok(lightpose_settings_set(&changed, "extra_heights[1]", "368", error));
    assert_int_equal(changed.extra_heights[1], 368);
    assert_fails(lightpose_settings_set(&changed, "upsample", "3", error), LIGHTPOSE_ERROR_ARGUMENT, "1, 2, 4 or 8");
    assert_fails(lightpose_settings_set(&changed, "height", "256.5", error), LIGHTPOSE_ERROR_ARGUMENT, "whole");
    assert_fails(lightpose_settings_set(&changed, "limb_ratio", "nan", error), LIGHTPOSE_ERROR_ARGUMENT, "limb_ratio");
    assert_fails(lightpose_settings_set(&changed, "hight", "3", error), LIGHTPOSE_ERROR_ARGUMENT, "hight");
}

/* ---- Crop, reset ------------------------------------------------------------------------------------------------- */

static void a_crop_is_a_view_of_the_same_pixels(void **state) {
    static uint8_t luma[8][10], chroma[4][10];
    lightpose_image picture = made_picture(), nv12 = {.planes = {luma[0], chroma[0]},
                                                      .strides = {10, 10},
                                                      .width = 10,
                                                      .height = 8,
                                                      .format = LIGHTPOSE_NV12};
    int x = 5, y = 7;

    (void)state;
    assert_ok(lightpose_image_crop(&picture, &x, &y, 11, 13, error));
    assert_ptr_equal(picture.planes[0], &made_pixels[7][5][0]);
    assert_int_equal(picture.width, 11);
    assert_int_equal(picture.height, 13);
    assert_int_equal(x, 5);
    x = 3;
    y = 5;
    assert_ok(lightpose_image_crop(&nv12, &x, &y, 4, 3, error));
    assert_int_equal(x, 2);
    assert_int_equal(y, 4);
    assert_ptr_equal(nv12.planes[0], &luma[4][2]);
    assert_ptr_equal(nv12.planes[1], &chroma[2][2]);
    assert_int_equal(nv12.width, 5);
    assert_int_equal(nv12.height, 4);
    x = y = 0;
    assert_fails(lightpose_image_crop(&nv12, &x, &y, 6, 1, error), LIGHTPOSE_ERROR_ARGUMENT, "0,0,6,1");
    x = INT32_MAX;
    assert_fails(lightpose_image_crop(&nv12, &x, &y, 1, 1, error), LIGHTPOSE_ERROR_ARGUMENT, "not inside");
    assert_int_equal(nv12.width, 5);
}

static void a_reset_tracker_knows_nobody_and_goes_on_counting(void **state) {
    lightpose_tracker *fresh = NULL;
    lightpose_result *result = made_result();
    lightpose_pose pose = {.keypoint_count = 2, .score = 0.5f};

    (void)state;
    pose.keypoints[0] = (lightpose_keypoint){10, 10, 0.9f, LIGHTPOSE_DETECTED};
    pose.keypoints[1] = (lightpose_keypoint){10, 50, 0.9f, LIGHTPOSE_DETECTED};
    assert_ok(lightpose_tracker_create(&fresh, NULL, error));
    for (int i = 0; i < 2; i++) {
        for (int frame = 0; frame < 3; frame++) {
            assert_ok(lightpose_result_assign(result, &pose, 1, error));
            assert_ok(lightpose_tracker_update(fresh, 10 + i + frame / 30.0, result, error));
            assert_int_equal(lightpose_result_get_pose(result, 0)->id, i);
        }
        lightpose_tracker_reset(fresh);
    }
    lightpose_tracker_reset(NULL);
    lightpose_tracker_destroy(&fresh);
    lightpose_result_destroy(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_told_by_name),
        cmocka_unit_test(names_go_to_values_and_back),
        cmocka_unit_test(settings_are_set_by_name),
        cmocka_unit_test(a_crop_is_a_view_of_the_same_pixels),
        cmocka_unit_test(a_reset_tracker_knows_nobody_and_goes_on_counting),
    };
    return cmocka_run_group_tests(tests, made_model_load, made_model_release);
}
