/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The maps of a frame, and the decoder on maps alone, through the public API. */

#include "check.h"

#include <math.h>

#include "made_model.h"
#include "pose/result.h"

static void maps_come_after_a_frame_and_decode_to_the_same_people(void **state) {
    lightpose_settings settings = made_settings();
    lightpose_context *context = made_context(&settings), *decoder = NULL;
    lightpose_result *whole = made_result(), *alone = made_result();
    const lightpose_image image = made_picture();
    lightpose_maps maps;

    (void)state;
    assert_fails(lightpose_context_get_maps(context, &maps, error), LIGHTPOSE_ERROR_STATE, "no maps");
    assert_ok(lightpose_context_infer(context, &image, whole, error));
    assert_ok(lightpose_context_get_maps(context, &maps, error));
    assert_int_equal(maps.width, 12);
    assert_int_equal(maps.height, 8);
    assert_float_equal(maps.scale, 1, 0);
    assert_ok(lightpose_context_create(&decoder, NULL, &settings, error));
    assert_ok(lightpose_context_decode(decoder, &maps, alone, error));
    for (int i = 0; i < lightpose_result_get_count(whole); i++) /* on the grid; the decoder alone is not */
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            const lightpose_keypoint *const point = &lightpose_result_get_pose(whole, i)->keypoints[k];
            assert_float_equal(point->x * 16, rintf(point->x * 16), 0);
            assert_float_equal(point->y * 16, rintf(point->y * 16), 0);
            assert_float_equal(point->score * 256, rintf(point->score * 256), 0);
        }
    lp_result_round(alone);
    assert_same_people(whole, alone);
    assert_fails(lightpose_context_infer(decoder, &image, alone, error), LIGHTPOSE_ERROR_STATE, "without a model");
    assert_fails(lightpose_context_prepare(decoder, 8, 8, error), LIGHTPOSE_ERROR_STATE, "without a model");
    assert_ok(lightpose_context_prepare(context, MADE_WIDTH, MADE_HEIGHT, error));
    assert_fails(lightpose_context_get_maps(context, &maps, error), LIGHTPOSE_ERROR_STATE, "no maps");
    lightpose_context_destroy(&context);
    lightpose_context_destroy(&decoder);
    lightpose_result_destroy(&whole);
    lightpose_result_destroy(&alone);
}

/* The image and its mirror image go through the same two runs, in turn: the averages are each other's mirror images. */
static void averaging_with_the_mirrored_image_is_even_handed(void **state) {
    static const int twins[LIGHTPOSE_HEATMAPS] = {0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16, 18};
    static uint8_t turned[MADE_HEIGHT][MADE_WIDTH][3];
    static float kept[LIGHTPOSE_HEATMAPS * (MADE_HEIGHT / 8) * (MADE_WIDTH / 8)];
    lightpose_settings settings = made_settings();
    lightpose_result *result = made_result();
    lightpose_image image = made_picture();
    lightpose_maps maps;

    (void)state;
    settings.flip = 1;
    lightpose_context *context = made_context(&settings);
    assert_ok(lightpose_context_infer(context, &image, result, error));
    assert_ok(lightpose_context_get_maps(context, &maps, error));
    memcpy(kept, maps.heatmaps, sizeof kept);

    for (int y = 0; y < MADE_HEIGHT; y++)
        for (int x = 0; x < MADE_WIDTH; x++)
            memcpy(turned[y][x], made_pixels[y][MADE_WIDTH - 1 - x], 3);
    image.planes[0] = turned[0][0];
    assert_ok(lightpose_context_infer(context, &image, result, error));
    assert_ok(lightpose_context_get_maps(context, &maps, error));
    assert_int_equal(maps.width, MADE_WIDTH / 8);
    assert_int_equal(maps.height, MADE_HEIGHT / 8);
    for (int k = 0; k < LIGHTPOSE_HEATMAPS; k++)
        for (int y = 0; y < maps.height; y++)
            for (int x = 0; x < maps.width; x++)
                assert_float_equal(maps.heatmaps[(k * maps.height + y) * maps.width + x],
                                   kept[(twins[k] * maps.height + y) * maps.width + maps.width - 1 - x], 0);
    lightpose_context_destroy(&context);
    lightpose_result_destroy(&result);
}

static void maps_that_are_not_finite_or_too_large_are_refused(void **state) {
    enum { CELLS = 6 };
    float heatmaps[LIGHTPOSE_HEATMAPS * CELLS] = {0}, pafs[LIGHTPOSE_PAFS * CELLS] = {0};
    lightpose_context *decoder = NULL;
    lightpose_result *result = made_result();
    lightpose_maps maps = {.width = 3, .height = 2, .heatmaps = heatmaps, .pafs = pafs};

    (void)state;
    assert_ok(lightpose_context_create(&decoder, NULL, NULL, error));
    assert_ok(lightpose_context_decode(decoder, &maps, result, error));
    assert_int_equal(lightpose_result_get_count(result), 0);
    heatmaps[18 * CELLS + 5] = NAN;
    assert_fails(lightpose_context_decode(decoder, &maps, result, error), LIGHTPOSE_ERROR_NOT_FINITE, "18");
    heatmaps[18 * CELLS + 5] = 0;
    pafs[37 * CELLS] = -INFINITY;
    assert_fails(lightpose_context_decode(decoder, &maps, result, error), LIGHTPOSE_ERROR_NOT_FINITE, "37");
    pafs[37 * CELLS] = 0;
    maps.width = 0;
    assert_fails(lightpose_context_decode(decoder, &maps, result, error), LIGHTPOSE_ERROR_ARGUMENT, "0");
    maps.width = 5000;
    assert_fails(lightpose_context_decode(decoder, &maps, result, error), LIGHTPOSE_ERROR_LIMIT, "5000");
    maps.width = 3;
    maps.scale = NAN;
    assert_fails(lightpose_context_decode(decoder, &maps, result, error), LIGHTPOSE_ERROR_NOT_FINITE, "scale");
    lightpose_context_destroy(&decoder);
    lightpose_result_destroy(&result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_come_after_a_frame_and_decode_to_the_same_people),
        cmocka_unit_test(averaging_with_the_mirrored_image_is_even_handed),
        cmocka_unit_test(maps_that_are_not_finite_or_too_large_are_refused),
    };
    return cmocka_run_group_tests(tests, made_model_load, made_model_release);
}
