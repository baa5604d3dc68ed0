/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Sizes, padding and the way back to the image. */

#include "check.h"

#include <limits.h>
#include <math.h>

#include "image/geometry.h"

static const lightpose_settings limits = {.max_net_height = 2048, .max_net_width = 4096};

static lp_geometry make(int width, int height, int net_height) {
    lp_geometry geometry;

    assert_ok(lp_geometry_make(&geometry, width, height, net_height, &limits, error));
    return geometry;
}

/* The tables of docs/algorithm.md 3, and the corners: rounding half to even, a column that would vanish, no image at
 * all around.
 */
static void sizes(void **state) {
    static const struct {
        int width, height, net, scaled, net_width, net_height, left, top;
    } want[] = {
        {1920, 1080, 256, 455, 456, 256, 0, 0}, {1280, 720, 256, 455, 456, 256, 0, 0},
        {3840, 2160, 256, 455, 456, 256, 0, 0}, {640, 480, 256, 341, 344, 256, 1, 0},
        {1024, 768, 256, 341, 344, 256, 1, 0},  {1280, 1024, 256, 320, 320, 256, 0, 0},
        {720, 576, 256, 320, 320, 256, 0, 0},   {1080, 1920, 256, 144, 256, 256, 56, 0},
        {400, 400, 256, 256, 256, 256, 0, 0},   {640, 480, 368, 491, 496, 368, 2, 0},
        {640, 427, 368, 552, 552, 368, 0, 0},   {480, 640, 368, 276, 368, 368, 46, 0},
        {5, 512, 256, 2, 256, 256, 127, 0},     {7, 512, 256, 4, 256, 256, 126, 0},
        {1, 512, 256, 1, 256, 256, 127, 0},     {1, 1, 256, 256, 256, 256, 0, 0},
        {1, 32768, 256, 1, 256, 256, 127, 0},   {16, 1, 256, 4096, 4096, 256, 0, 0},
        {100, 100, 100, 100, 104, 104, 2, 2},   {3, 7, 1, 1, 8, 8, 3, 3},
        {101, 50, 45, 91, 96, 48, 2, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const lp_geometry g = make(want[i].width, want[i].height, want[i].net);
        assert_int_equal(g.image_width, want[i].width);
        assert_int_equal(g.image_height, want[i].height);
        assert_true(g.scale == (double)want[i].net / want[i].height);
        assert_int_equal(g.scaled_width, want[i].scaled);
        assert_int_equal(g.scaled_height, want[i].net);
        assert_int_equal(g.net_width, want[i].net_width);
        assert_int_equal(g.net_height, want[i].net_height);
        assert_int_equal(g.pad_left, want[i].left);
        assert_int_equal(g.pad_top, want[i].top);
        assert_int_equal(g.map_width, want[i].net_width / 8);
        assert_int_equal(g.map_height, want[i].net_height / 8);
    }
}

/* scaled_height is the height asked for: the rounded product says the same for every size and every factor. */
static void height_survives(void **state) {
    (void)state;
    for (int height = 1; height <= 32768; height += height < 600 ? 1 : 37)
        for (int net = 1; net <= 2048; net += 1 + net / 16)
            assert_int_equal(lrint(height * ((double)net / height)), net);
}

static void refuses(void **state) {
    lp_geometry g = {.scaled_width = -7};
    const lightpose_settings odd = {.max_net_height = 100, .max_net_width = 4096};

    (void)state;
    assert_fails(lp_geometry_make(&g, 20000, 1, 256, &limits, error), LIGHTPOSE_ERROR_LIMIT,
                 "5120000x256 for an image of 20000x1: wider than max_net_width, 4096");
    /* The height that the message names is the greatest that fits. */
    assert_fails(lp_geometry_make(&g, 30000, 200, 256, &limits, error), LIGHTPOSE_ERROR_LIMIT, "at most 27 (--height)");
    assert_ok(lp_geometry_make(&g, 30000, 200, 27, &limits, error));
    assert_fails(lp_geometry_make(&g, 30000, 200, 28, &limits, error), LIGHTPOSE_ERROR_LIMIT, "wider than");
    g.scaled_width = -7;
    assert_fails(lp_geometry_make(&g, INT_MAX, 1, 2048, &limits, error), LIGHTPOSE_ERROR_LIMIT, "4398046509056x2048");
    assert_fails(lp_geometry_make(&g, 17, 1, 256, &limits, error), LIGHTPOSE_ERROR_LIMIT, "4352x256");
    assert_fails(lp_geometry_make(&g, 10, 10, 2049, &limits, error), LIGHTPOSE_ERROR_LIMIT, "max_net_height, 2048");
    assert_fails(lp_geometry_make(&g, 10, 10, INT_MAX, &limits, error), LIGHTPOSE_ERROR_LIMIT, "2147483648x2147483648");
    assert_fails(lp_geometry_make(&g, 10, 10, 100, &odd, error), LIGHTPOSE_ERROR_LIMIT, "104x104");
    assert_fails(lp_geometry_make(&g, 0, 10, 256, &limits, error), LIGHTPOSE_ERROR_IMAGE, "0x10");
    assert_fails(lp_geometry_make(&g, 10, -10, 256, &limits, error), LIGHTPOSE_ERROR_IMAGE, "10x-10");
    assert_fails(lp_geometry_make(&g, 10, 10, 0, &limits, error), LIGHTPOSE_ERROR_ARGUMENT, "height 0");
    assert_int_equal(g.scaled_width, -7);
}

static void back_to_the_image(void **state) {
    const lp_geometry g = make(640, 480, 256); /* padding 1, scale 8 / 15 */
    const lp_transform t = lp_geometry_transform(&g);

    (void)state;
    assert_true(t.scale == 256.0 / 480 && t.pad_x == 1 && t.pad_y == 0);
    /* The published formula: the first cell lies at -pad / scale. */
    assert_float_equal(lp_to_image_x(&t, 0, 4, 0), -1.875, 1e-6);
    assert_float_equal(lp_to_image_y(&t, 0, 4, 0), 0, 1e-6);
    assert_float_equal(lp_to_image_x(&t, 10.5, 4, 0), (10.5 * 2 - 1) * 480 / 256, 1e-4);
    /* Cells where they are: the map's middle is the picture's, whatever the factor; edges meet edges. */
    for (int upsample = 1; upsample <= 8; upsample *= 2) {
        const double columns = g.map_width * upsample, rows = g.map_height * upsample;
        assert_float_equal(lp_to_image_x(&t, -0.5, upsample, 1), -1.875, 1e-6);
        assert_float_equal(lp_to_image_x(&t, columns - 0.5, upsample, 1), (344 - 1) * 1.875, 1e-3);
        assert_float_equal(lp_to_image_y(&t, rows / 2 - 0.5, upsample, 1), 240, 1e-4);
        assert_float_equal(lp_to_image_y(&t, rows - 0.5, upsample, 1), 480, 1e-4);
    }
}

/* Pixels that are not square give the network input of the picture that was filmed, and coordinates stay the pixels'.
 */
static void pixels_that_are_not_square(void **state) {
    static const struct {
        int width, height, shown;
        float aspect;
    } cases[] = {{1440, 1080, 1920, 4.0f / 3}, {720, 576, 1024, 64.0f / 45}, {720, 480, 640, 8.0f / 9},
                 {640, 1080, 1920, 3},         {640, 360, 640, 0},           {640, 360, 640, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const lightpose_image image = {
            .width = cases[i].width, .height = cases[i].height, .pixel_aspect = cases[i].aspect};
        const lp_geometry wanted = make(cases[i].shown, cases[i].height, 256);
        lp_geometry g;
        assert_ok(lp_geometry_of_image(&g, &image, 256, &limits, error));
        assert_int_equal(g.net_width, wanted.net_width);
        assert_int_equal(g.net_height, wanted.net_height);
        assert_int_equal(g.scaled_width, wanted.scaled_width);
        assert_int_equal(g.pad_left, wanted.pad_left);
        const lp_transform t = lp_geometry_transform(&g), shown = lp_geometry_transform(&wanted);
        for (int cell = 0; cell < 40; cell += 7) {
            assert_float_equal(lp_to_image_x(&t, cell, 4, 1) * (float)cases[i].shown,
                               lp_to_image_x(&shown, cell, 4, 1) * (float)cases[i].width, 1.0f);
            assert_float_equal(lp_to_image_y(&t, cell, 4, 1), lp_to_image_y(&shown, cell, 4, 1), 1e-4f);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(height_survives),
        cmocka_unit_test(refuses),
        cmocka_unit_test(back_to_the_image),
        cmocka_unit_test(pixels_that_are_not_square),
    };

    return cmocka_run_group_tests_name("geometry", tests, NULL, NULL);
}
