/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which views of a caller's pixels are taken, and with which words the others are refused. */

#include "check.h"

#include <limits.h>
#include <stdio.h>

#include "image/view.h"

static const lightpose_settings limits = {.max_image_side = 32768, .max_image_pixels = 1 << 28};
static uint8_t pixel;

static lightpose_image view(lightpose_format format, int width, int height) {
    lightpose_image image = {.width = width, .height = height, .format = format};

    for (int p = 0; p < lp_format_planes(format); p++) {
        image.planes[p] = &pixel; /* never read by the check */
        image.strides[p] = lp_format_row_bytes(format, p, width);
    }
    return image;
}

static void layouts(void **state) {
    static const struct {
        lightpose_format format;
        const char *name;
        int planes, row[3], rows[3]; /* of 7 x 5 pixels */
    } want[] = {
        {LIGHTPOSE_BGR24, "bgr24", 1, {21}, {5}},
        {LIGHTPOSE_RGB24, "rgb24", 1, {21}, {5}},
        {LIGHTPOSE_BGRA, "bgra", 1, {28}, {5}},
        {LIGHTPOSE_RGBA, "rgba", 1, {28}, {5}},
        {LIGHTPOSE_GRAY8, "gray8", 1, {7}, {5}},
        {LIGHTPOSE_NV12, "nv12", 2, {7, 8}, {5, 3}},
        {LIGHTPOSE_I420, "i420", 3, {7, 4, 4}, {5, 3, 3}},
        {(lightpose_format)8, "unknown", 0, {0}, {0}},
        {(lightpose_format)0, "unknown", 0, {0}, {0}},
        {(lightpose_format)-1, "unknown", 0, {0}, {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_int_equal(lp_format_planes(want[i].format), want[i].planes);
        assert_string_equal(lp_format_name(want[i].format), want[i].name);
        for (int p = 0; p < 3; p++) {
            assert_int_equal(lp_format_row_bytes(want[i].format, p, 7), want[i].row[p]);
            assert_int_equal(lp_format_rows(want[i].format, p, 5), want[i].rows[p]);
        }
        assert_int_equal(lp_format_row_bytes(want[i].format, 3, 7), 0);
        assert_int_equal(lp_format_rows(want[i].format, -1, 5), 0);
    }
    assert_true(lp_format_row_bytes(LIGHTPOSE_BGRA, 0, INT_MAX) == (ptrdiff_t)4 * INT_MAX);
    assert_true(lp_format_row_bytes(LIGHTPOSE_NV12, 1, INT_MAX) == (ptrdiff_t)1 << 31);
    assert_int_equal(lp_format_rows(LIGHTPOSE_NV12, 1, INT_MAX), 1 << 30);
}

static void accepts(void **state) {
    (void)state;
    for (int f = LIGHTPOSE_BGR24; f <= LIGHTPOSE_I420; f++) {
        static const int sizes[][2] = {{1, 1}, {1, 9}, {20000, 1}, {7, 5}, {32768, 8192}};
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            lightpose_image image = view((lightpose_format)f, sizes[s][0], sizes[s][1]);
            assert_ok(lp_view_check(&image, &limits, error));
            for (int p = 0; p < 3; p++)
                image.strides[p] = -image.strides[p] - 5;
            assert_ok(lp_view_check(&image, &limits, error));
        }
    }
    /* Unused planes and, but for YUV, the encoding of colour are ignored. */
    lightpose_image image = view(LIGHTPOSE_BGR24, 4, 4);
    image.matrix = (lightpose_matrix)77;
    image.range = (lightpose_range)-3;
    image.strides[1] = 1;
    assert_ok(lp_view_check(&image, &limits, error));
}

static void refuses_sizes(void **state) {
    static const int empty[][2] = {{0, 5}, {5, 0}, {-1, 5}, {5, INT_MIN}};
    lightpose_image image;

    (void)state;
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        char size[40];
        snprintf(size, sizeof size, "%dx%d", empty[i][0], empty[i][1]);
        image = view(LIGHTPOSE_GRAY8, empty[i][0], empty[i][1]);
        assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, size);
    }
    image = view(LIGHTPOSE_BGR24, 40000, 40000);
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_LIMIT, "40000x40000");
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_LIMIT, "max_image_side, 32768");
    image = view(LIGHTPOSE_BGR24, 1, 32769);
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_LIMIT, "1x32769");
    image = view(LIGHTPOSE_BGR24, 16385, 16384);
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_LIMIT,
                 "268451840 pixels are more than max_image_pixels, 268435456");
    image = view(LIGHTPOSE_GRAY8, INT_MAX, INT_MAX);
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_LIMIT, "2147483647x2147483647");
    const lightpose_settings wide = {.max_image_side = INT_MAX, .max_image_pixels = 1 << 28};
    assert_fails(lp_view_check(&image, &wide, error), LIGHTPOSE_ERROR_LIMIT, "4611686014132420609 pixels");
    assert_fails(lp_view_check_size(INT64_MAX, INT64_MAX, &limits, error), LIGHTPOSE_ERROR_LIMIT, "max_image_side");
    assert_fails(lp_view_check_size(INT64_MIN, 1, &limits, error), LIGHTPOSE_ERROR_IMAGE, "-9223372036854775808x1");
}

static void refuses_views(void **state) {
    lightpose_image image = view(LIGHTPOSE_BGR24, 640, 480);

    (void)state;
    assert_fails(lp_view_check(NULL, &limits, error), LIGHTPOSE_ERROR_ARGUMENT, "image is NULL");
    image.strides[0] = 1919;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE,
                 "stride 1919 of plane 0: a row of 640 bgr24 pixels takes 1920 bytes");
    image.strides[0] = -1919;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, "stride -1919 of plane 0");
    image.strides[0] = 0;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, "stride 0 of plane 0");
    image.strides[0] = PTRDIFF_MAX / 100;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, "480 rows exceed the address space");
    image.strides[0] = PTRDIFF_MIN;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, "exceed the address space");

    image = view(LIGHTPOSE_I420, 7, 5);
    image.strides[2] = 3;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE,
                 "stride 3 of plane 2: a row of 7 i420 pixels takes 4 bytes");
    for (int p = 0; p < 3; p++) {
        char words[40];
        image = view(LIGHTPOSE_I420, 7, 5);
        image.planes[p] = NULL;
        snprintf(words, sizeof words, "plane %d is NULL; i420 has 3", p);
        assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, words);
    }
    image = view(LIGHTPOSE_NV12, 7, 5);
    image.matrix = (lightpose_matrix)2;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, "matrix 2");
    image.matrix = LIGHTPOSE_BT709;
    image.range = (lightpose_range)-1;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, "range -1");
    image.format = (lightpose_format)0;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, "format 0");
    image.format = (lightpose_format)8;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, "format 8");
    image.format = (lightpose_format)INT_MIN;
    assert_fails(lp_view_check(&image, &limits, error), LIGHTPOSE_ERROR_IMAGE, "7 (i420)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts),
        cmocka_unit_test(accepts),
        cmocka_unit_test(refuses_sizes),
        cmocka_unit_test(refuses_views),
    };

    return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
