/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "made_model.h"

#include "synthetic.h"

uint8_t made_pixels[MADE_HEIGHT][MADE_WIDTH][3];
lightpose_model *made_model;

int made_model_load(void **state) {
    size_t size;
    lightpose_error error = {0};
    unsigned random = 1;

    (void)state;
    for (size_t i = 0; i < sizeof made_pixels; i++)
        ((uint8_t *)made_pixels)[i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
    void *const bytes = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 0, 7, &size);
    if (!bytes || lightpose_model_create_from_memory(&made_model, bytes, size, &error) != LIGHTPOSE_OK) {
        print_error("%s\n", error.text);
        return -1;
    }
    free(bytes); /* the model has a copy */
    return 0;
}

int made_model_release(void **state) {
    (void)state;
    lightpose_model_destroy(&made_model);
    assert_null(made_model);
    return 0;
}

lightpose_image made_picture(void) {
    return (lightpose_image){.planes = {made_pixels[0][0]},
                             .strides = {sizeof made_pixels[0]},
                             .width = MADE_WIDTH,
                             .height = MADE_HEIGHT,
                             .format = LIGHTPOSE_BGR24};
}

lightpose_settings made_settings(void) {
    lightpose_settings settings;
    lightpose_settings_init(&settings);
    settings.height = 64;
    settings.threads = 1;
    settings.precision = LIGHTPOSE_PRECISION_F32;
    /* Random weights give weak maps: let noise through, so that there are people to compare. */
    settings.peak_threshold = 0.001f;
    settings.limb_threshold = 0;
    settings.limb_ratio = 0;
    settings.min_score = 0;
    settings.min_keypoints = 1;
    return settings;
}

lightpose_context *made_context(const lightpose_settings *settings) {
    lightpose_context *context = NULL;
    assert_ok(lightpose_context_create(&context, made_model, settings, error));
    return context;
}

lightpose_result *made_result(void) {
    lightpose_result *result = NULL;
    assert_ok(lightpose_result_create(&result, error));
    return result;
}

/* Compares members, not bytes, since padding is not guaranteed to be equal. */
void assert_same_people(const lightpose_result *a, const lightpose_result *b) {
    assert_int_equal(lightpose_result_get_count(a), lightpose_result_get_count(b));
    for (int i = 0; i < lightpose_result_get_count(a); i++) {
        const lightpose_pose *const p = lightpose_result_get_pose(a, i), *const q = lightpose_result_get_pose(b, i);
        assert_float_equal(p->rank, q->rank, 0);
        assert_float_equal(p->score, q->score, 0);
        assert_memory_equal(p->keypoints, q->keypoints, sizeof p->keypoints);
    }
}
