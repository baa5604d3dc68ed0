/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The newest frame, handed on: nothing of it is changed, and older ones are left out. */

#include "check.h"

#include "output/canvas.h"
#include "serve/shot.h"

enum { STRIDE = 128, ROWS = 64 };

static uint8_t bytes[3][STRIDE * ROWS];
static lightpose_result *nobody;
static lp_shots shots;

static lightpose_image image_of(lightpose_format format, int width, int height) {
    return (lightpose_image){.planes = {bytes[0], bytes[1], bytes[2]},
                             .strides = {STRIDE, STRIDE, STRIDE},
                             .width = width,
                             .height = height,
                             .format = format,
                             .matrix = LIGHTPOSE_BT709,
                             .range = LIGHTPOSE_RANGE_FULL};
}

static const lp_shot *hand_on(const lightpose_image *image, int64_t number) {
    assert_ok(lp_shots_put(&shots, image, nobody, number, error));
    const lp_shot *const shot = lp_shots_take(&shots);
    assert_non_null(shot);
    assert_int_equal(shot->number, number);
    assert_int_equal(shot->image.width, image->width);
    assert_int_equal(shot->image.height, image->height);
    assert_int_equal(shot->image.matrix, image->matrix);
    assert_int_equal(shot->image.range, image->range);
    return shot;
}

static void assert_rows(const lightpose_image *image, int plane, int rows, int width) {
    for (int y = 0; y < rows; y++)
        assert_memory_equal(image->planes[plane] + y * image->strides[plane], bytes[plane] + y * STRIDE, (size_t)width);
}

static void pixels_are_copied(void **state) {
    (void)state;
    for (int width = 1; width <= 40; width += 13)
        for (int height = 1; height <= 33; height += 8) {
            const int half = (width + 1) / 2, low = (height + 1) / 2;
            lightpose_image image = image_of(LIGHTPOSE_I420, width, height);
            const lp_shot *shot = hand_on(&image, width);
            assert_int_equal(shot->image.format, LIGHTPOSE_I420);
            assert_rows(&shot->image, 0, height, width);
            assert_rows(&shot->image, 1, low, half);
            assert_rows(&shot->image, 2, low, half);
            image = image_of(LIGHTPOSE_BGR24, width, height);
            shot = hand_on(&image, height);
            assert_int_equal(shot->image.format, LIGHTPOSE_BGR24);
            assert_rows(&shot->image, 0, height, 3 * width);
        }
}

static void nv12_comes_as_i420(void **state) {
    (void)state;
    for (int width = 1; width <= 80; width++)
        for (int height = 1; height <= 9; height += 4) {
            const lightpose_image image = image_of(LIGHTPOSE_NV12, width, height);
            const lp_shot *const shot = hand_on(&image, width);
            assert_int_equal(shot->image.format, LIGHTPOSE_I420);
            assert_rows(&shot->image, 0, height, width);
            for (int y = 0; y < (height + 1) / 2; y++)
                for (int x = 0; x < (width + 1) / 2; x++)
                    for (int plane = 1; plane < 3; plane++)
                        assert_int_equal(shot->image.planes[plane][y * shot->image.strides[plane] + x],
                                         bytes[1][y * STRIDE + 2 * x + plane - 1]);
        }
}

static void the_newest_counts(void **state) {
    (void)state;
    const lightpose_image image = image_of(LIGHTPOSE_GRAY8, 16, 16);
    for (int i = 1; i <= 5; i++)
        assert_ok(lp_shots_put(&shots, &image, nobody, i, error));
    const lp_shot *const taken = lp_shots_take(&shots);
    assert_int_equal(taken->number, 5);
    assert_null(lp_shots_take(&shots));
    for (int i = 6; i <= 9; i++)
        assert_ok(lp_shots_put(&shots, &image, nobody, i, error));
    assert_int_equal(taken->number, 5); /* it is the taker's until the next call */
    assert_int_equal(lp_shots_take(&shots)->number, 9);
}

/* The quick conversion differs from the exact one by rounding, where chroma is even. */
static void quick_colours_are_right(void **state) {
    (void)state;
    lp_canvas exact = {0}, quick = {.quick = 1};
    for (int matrix = 0; matrix < 2; matrix++)
        for (int range = 0; range < 2; range++) {
            lightpose_image image = image_of(LIGHTPOSE_I420, 64, 32);
            image.matrix = matrix ? LIGHTPOSE_BT709 : LIGHTPOSE_BT601;
            image.range = range ? LIGHTPOSE_RANGE_FULL : LIGHTPOSE_RANGE_LIMITED;
            memset(bytes[1], 90, sizeof bytes[1]);
            memset(bytes[2], 170, sizeof bytes[2]);
            assert_ok(lp_canvas_draw(&exact, &image, NULL, NULL, error));
            assert_ok(lp_canvas_draw(&quick, &image, NULL, NULL, error));
            for (int y = 0; y < 32; y++)
                for (int x = 0; x < 3 * 64; x++)
                    assert_in_range(3 + exact.view.pixels[y * exact.view.stride + x] -
                                        quick.view.pixels[y * quick.view.stride + x],
                                    0, 6);
        }
    lp_canvas_free(&exact);
    lp_canvas_free(&quick);
}

static int begin(void **state) {
    (void)state;
    for (int plane = 0; plane < 3; plane++)
        for (int i = 0; i < STRIDE * ROWS; i++)
            bytes[plane][i] = (uint8_t)(i * 2654435761u >> 24 ^ (unsigned)plane * 77u);
    assert_ok(lightpose_result_create(&nobody, error));
    assert_ok(lp_shots_open(&shots, error));
    return 0;
}

static int end(void **state) {
    (void)state;
    lp_shots_free(&shots);
    lightpose_result_destroy(&nobody);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_are_copied),
        cmocka_unit_test(nv12_comes_as_i420),
        cmocka_unit_test(the_newest_counts),
        cmocka_unit_test(quick_colours_are_right),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
