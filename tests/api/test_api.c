/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The contract of the public API: names, what is refused and how, and models. */

#include "check.h"

#include <stdio.h>

#include "made_model.h"

static void version_says_what_the_header_says(void **state) {
    int major = -1, minor = -1, patch = -1;

    (void)state;
    assert_int_equal(sscanf(lightpose_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    assert_int_equal(major * 10000 + minor * 100 + patch, lightpose_version_number());
    assert_int_equal(lightpose_version_number(), LIGHTPOSE_VERSION_NUMBER);
}

static void keypoints_and_limbs_have_names_and_ends(void **state) {
    int from = -1, to = -1;

    (void)state;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        assert_non_null(lightpose_keypoint_get_name(k));
    assert_string_equal(lightpose_keypoint_get_name(4), "right_wrist");
    assert_string_equal(lightpose_keypoint_get_name(17), "left_ear");
    assert_null(lightpose_keypoint_get_name(-1));
    assert_null(lightpose_keypoint_get_name(18));
    for (int limb = 0; limb < LIGHTPOSE_LIMBS; limb++)
        assert_int_equal(lightpose_limb_get_keypoints(limb, &from, &to), LIGHTPOSE_OK);
    assert_int_equal(from, 5); /* limb 18: left shoulder to left ear */
    assert_int_equal(to, 17);
    assert_int_equal(lightpose_limb_get_keypoints(19, &from, &to), LIGHTPOSE_ERROR_ARGUMENT);
    assert_int_equal(lightpose_limb_get_keypoints(-1, &from, &to), LIGHTPOSE_ERROR_ARGUMENT);
    assert_int_equal(lightpose_limb_get_keypoints(0, NULL, &to), LIGHTPOSE_ERROR_ARGUMENT);
}

static void null_arguments_are_refused_by_name(void **state) {
    lightpose_settings settings = made_settings();
    lightpose_context *context = made_context(&settings), *other = NULL;
    lightpose_result *result = made_result();
    lightpose_image image = made_picture();
    lightpose_maps maps = {0};

    (void)state;
    assert_fails(lightpose_model_create(NULL, "x", error), LIGHTPOSE_ERROR_ARGUMENT, "model is NULL");
    assert_fails(lightpose_model_create_from_memory(NULL, "x", 1, error), LIGHTPOSE_ERROR_ARGUMENT, "model is NULL");
    assert_fails(lightpose_context_create(NULL, made_model, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "context is NULL");
    assert_fails(lightpose_result_create(NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "result is NULL");
    assert_fails(lightpose_context_infer(NULL, &image, result, error), LIGHTPOSE_ERROR_ARGUMENT, "context is NULL");
    assert_fails(lightpose_context_infer(context, NULL, result, error), LIGHTPOSE_ERROR_ARGUMENT, "image is NULL");
    assert_fails(lightpose_context_infer(context, &image, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "result is NULL");
    assert_fails(lightpose_context_decode(context, NULL, result, error), LIGHTPOSE_ERROR_ARGUMENT, "maps is NULL");
    assert_fails(lightpose_context_decode(context, &maps, result, error), LIGHTPOSE_ERROR_ARGUMENT, "heatmaps is NULL");
    assert_fails(lightpose_context_get_maps(context, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "maps is NULL");
    assert_fails(lightpose_context_prepare(NULL, 1, 1, error), LIGHTPOSE_ERROR_ARGUMENT, "context is NULL");
    assert_fails(lightpose_canvas_draw(NULL, result, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "canvas is NULL");
    assert_fails(lightpose_canvas_draw(&(lightpose_canvas){0}, NULL, NULL, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "result is NULL");
    assert_int_equal(lightpose_context_infer(context, NULL, result, NULL),
                     LIGHTPOSE_ERROR_ARGUMENT); /* error may be NULL */
    lightpose_settings_init(NULL);
    lightpose_draw_settings_init(NULL);
    lightpose_model_get_info(made_model, NULL);
    lightpose_context_get_stats(context, NULL);
    assert_int_equal(lightpose_result_get_count(NULL), 0);
    assert_null(lightpose_result_get_pose(NULL, 0));
    assert_null(lightpose_model_retain(NULL));
    lightpose_context_destroy(&context);
    assert_null(context);
    lightpose_context_destroy(&context);
    lightpose_context_destroy(NULL);
    lightpose_context_destroy(&other);
    lightpose_result_destroy(&result);
    assert_null(result);
    lightpose_result_destroy(&result);
    lightpose_result_destroy(NULL);
    lightpose_model_destroy(NULL);
}

static void a_failed_load_leaves_no_model(void **state) {
    lightpose_model *failed = (lightpose_model *)1;

    (void)state;
    assert_fails(lightpose_model_create(&failed, "/nonexistent/weights", error), LIGHTPOSE_ERROR_FILE,
                 "/nonexistent/weights");
    assert_null(failed);
    failed = (lightpose_model *)1;
    assert_fails(lightpose_model_create_from_memory(&failed, "not weights", 11, error), LIGHTPOSE_ERROR_WEIGHTS, "");
    assert_null(failed);
}

static void the_weights_path_comes_from_the_environment(void **state) {
    lightpose_model *failed = NULL;
    const char *const kept = getenv("LIGHTPOSE_WEIGHTS");
    char *const saved = kept ? strdup(kept) : NULL;

    (void)state;
    setenv("LIGHTPOSE_WEIGHTS", "/nonexistent/from-environment", 1);
    assert_fails(lightpose_model_create(&failed, NULL, error), LIGHTPOSE_ERROR_FILE, "from-environment");
    unsetenv("LIGHTPOSE_WEIGHTS");
    if (saved)
        setenv("LIGHTPOSE_WEIGHTS", saved, 1);
    free(saved);
}

static void the_model_outlives_its_first_owner(void **state) {
    lightpose_settings settings = made_settings();
    lightpose_model *second = lightpose_model_retain(made_model);
    lightpose_context *context = made_context(&settings);
    lightpose_result *result = made_result();
    const lightpose_image image = made_picture();
    lightpose_model_info info;

    (void)state;
    lightpose_model_destroy(&second);
    assert_null(second);
    assert_ok(lightpose_context_infer(context, &image, result, error));
    lightpose_model_get_info(made_model, &info);
    assert_string_equal(info.variant, "human-pose-estimation-0001");
    assert_string_equal(info.dtype, "F32");
    assert_int_equal(info.has_int8_ranges, 0);
    assert_int_equal(info.parameters, 4098674 + 3 * 128); /* docs/algorithm.md 2, folded, and three biases of zeros */
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
}

static void a_precision_that_cannot_be_had_is_refused(void **state) {
    lightpose_settings settings = made_settings();
    lightpose_context *context = (lightpose_context *)1;

    (void)state;
    settings.precision = LIGHTPOSE_PRECISION_INT8; /* the weights carry no ranges */
    assert_fails(lightpose_context_create(&context, made_model, &settings, error), LIGHTPOSE_ERROR_UNSUPPORTED,
                 "ranges");
    assert_null(context);
    setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1);
    settings.precision = LIGHTPOSE_PRECISION_BF16;
    assert_fails(lightpose_context_create(&context, made_model, &settings, error), LIGHTPOSE_ERROR_UNSUPPORTED, "bf16");
    unsetenv("ONEDNN_MAX_CPU_ISA");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_says_what_the_header_says),
        cmocka_unit_test(keypoints_and_limbs_have_names_and_ends),
        cmocka_unit_test(null_arguments_are_refused_by_name),
        cmocka_unit_test(a_failed_load_leaves_no_model),
        cmocka_unit_test(the_weights_path_comes_from_the_environment),
        cmocka_unit_test(the_model_outlives_its_first_owner),
        cmocka_unit_test(a_precision_that_cannot_be_had_is_refused),
    };
    return cmocka_run_group_tests(tests, made_model_load, made_model_release);
}
