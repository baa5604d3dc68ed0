/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The colours of YUV images against the formulas of the standards in real numbers, and against BGR. */

#include "check.h"

#include <math.h>

#include "image/geometry.h"
#include "image/preprocess.h"
#include "teams.h"

static double clamp_level(double value) {
    return value < 0 ? 0 : value > 255 ? 255 : value;
}

/* ITU-R BT.601 and BT.709 in real numbers. */
static void yuv_formula(int matrix, int range, int y, int u, int v, double *bgr) {
    const double kr = matrix == LIGHTPOSE_BT601 ? 0.299 : 0.2126, kb = matrix == LIGHTPOSE_BT601 ? 0.114 : 0.0722;
    const double luma = range == LIGHTPOSE_RANGE_FULL ? y : (y - 16) * 255.0 / 219;
    const double stretch = range == LIGHTPOSE_RANGE_FULL ? 1 : 255.0 / 224;
    const double cb = 2 * (1 - kb) * (u - 128) * stretch, cr = 2 * (1 - kr) * (v - 128) * stretch;

    bgr[0] = clamp_level(luma + cb);
    bgr[1] = clamp_level(luma - (kb * cb + kr * cr) / (1 - kr - kb));
    bgr[2] = clamp_level(luma + cr);
}

/* What preprocessing makes of an image at a network height. */
static uint8_t *resampled(const lightpose_image *image, int height, lp_geometry *g) {
    lp_preprocess *p = NULL;
    const lightpose_settings wide = {.max_net_height = 8192, .max_net_width = 8192};

    assert_ok(lp_geometry_make(g, image->width, image->height, height, &wide, error));
    uint8_t *const out = malloc((size_t)g->net_width * (size_t)g->net_height * 3);
    const lp_net_input input = {LP_U8, out, 3 * g->net_width};
    assert_non_null(out);
    assert_ok(lp_preprocess_create(&p, error));
    assert_ok(run_preprocess(p, image, g, 2, &input, error));
    lp_preprocess_destroy(&p);
    return out;
}

/* An image of the network's own size. */
static uint8_t *through(const lightpose_image *image) {
    lp_geometry g;
    uint8_t *const out = resampled(image, image->height, &g);

    assert_int_equal(g.net_width, image->width);
    assert_int_equal(g.net_height, image->height);
    return out;
}

/* Every luma, along x, with every third chroma, both ends included, in two rows of chroma, between which interpolation
 * changes nothing: within 0.54 levels of the formula in real numbers, of which rounding to a level takes 0.5. */
static void yuv_follows_the_standards(void **state) {
    enum { SIDE = 512, STEPS = 86, BLOCKS = SIDE / 2 };
    static uint8_t y[SIDE * SIDE], u[BLOCKS * BLOCKS], v[BLOCKS * BLOCKS];
    lightpose_image image = {.planes = {y, u, v},
                             .strides = {SIDE, BLOCKS, BLOCKS},
                             .width = SIDE,
                             .height = SIDE,
                             .format = LIGHTPOSE_I420};

    (void)state;
    for (int i = 0; i < SIDE * SIDE; i++)
        y[i] = (uint8_t)(i % SIDE / 2);
    for (int set = 0; set < 4; set++) {
        image.matrix = (lightpose_matrix)(set & 1);
        image.range = (lightpose_range)(set >> 1);
        double worst = 0;
        for (int start = 0; start < STEPS * STEPS; start += BLOCKS / 2) {
            for (int i = 0; i < BLOCKS * BLOCKS; i++) {
                const int chroma = (start + i / BLOCKS / 2) % (STEPS * STEPS);
                u[i] = (uint8_t)(chroma / STEPS * 3);
                v[i] = (uint8_t)(chroma % STEPS * 3);
            }
            uint8_t *const out = through(&image);
            for (int i = 0; i < SIDE * SIDE; i++) {
                const int chroma = i / SIDE / 2 * BLOCKS + i % SIDE / 2;
                double want[3];
                if (i % 2 || i / SIDE % 4 != 1)
                    continue;
                yuv_formula(set & 1, set >> 1, y[i], u[chroma], v[chroma], want);
                for (int c = 0; c < 3; c++)
                    worst = fmax(worst, fabs(out[3 * i + c] - want[c]));
            }
            free(out);
        }
        if (worst > 0.54)
            fail_msg("matrix %d, range %d: off by %g levels", set & 1, set >> 1, worst);
    }
}

/* Black, white and grey are exact in every encoding. */
static void greys(void **state) {
    static const uint8_t levels[2][3] = {{16, 235, 126}, {0, 255, 128}}, want[3] = {0, 255, 128};

    (void)state;
    for (int set = 0; set < 4; set++) {
        uint8_t y[64], chroma[32];
        const lightpose_image image = {.planes = {y, chroma},
                                       .strides = {8, 8},
                                       .width = 8,
                                       .height = 8,
                                       .format = LIGHTPOSE_NV12,
                                       .matrix = (lightpose_matrix)(set & 1),
                                       .range = (lightpose_range)(set >> 1)};
        memset(chroma, 128, sizeof chroma);
        for (int i = 0; i < 64; i++)
            y[i] = levels[set >> 1][i % 3];
        uint8_t *const out = through(&image);
        for (int i = 0; i < 64 * 3; i++)
            assert_int_equal(out[i], want[i / 3 % 3]);
        free(out);
    }
}

/* A picture whose colours change by up to 8 levels a pixel. */
static void smooth_colour(double x, double y, double bgr[3]) {
    bgr[0] = 128 + 100 * sin(x / 12.5 + y / 40);
    bgr[1] = 128 + 60 * sin(x / 30 - y / 50);
    bgr[2] = 128 + 100 * cos(x / 40 + y / 12.5);
}

/* One of Y, U and V of the colour at a place, by the formulas of the standards. */
static uint8_t smooth_yuv(const lightpose_image *image, int which, double x, double y) {
    const int bt601 = image->matrix == LIGHTPOSE_BT601, full = image->range == LIGHTPOSE_RANGE_FULL;
    const double kr = bt601 ? 0.299 : 0.2126, kb = bt601 ? 0.114 : 0.0722;
    double bgr[3];

    smooth_colour(x, y, bgr);
    const double luma = kb * bgr[0] + (1 - kb - kr) * bgr[1] + kr * bgr[2];
    if (which == 0)
        return (uint8_t)lrint(full ? luma : 16 + luma * 219 / 255);
    const double chroma = which == 1 ? (bgr[0] - luma) / (2 - 2 * kb) : (bgr[2] - luma) / (2 - 2 * kr);
    return (uint8_t)lrint(128 + chroma * (full ? 1 : 224 / 255.0));
}

/* A picture given as NV12, its chroma sampled where the header says, is the one given as BGR but for what rounding Y, U
 * and V to bytes does. Chroma that is repeated over its pixels is off by 8 levels, or half a sample away by as much. */
static void smooth_pictures_equal_bgr(void **state) {
    enum { WIDTH = 320, HEIGHT = 240, EDGE = 4 }; /* beyond the last samples of chroma nobody knows it */
    static uint8_t y[WIDTH * HEIGHT], chroma[WIDTH * HEIGHT / 2], packed[3 * WIDTH * HEIGHT];
    static const int heights[] = {HEIGHT, 96, 184, 368};
    const lightpose_image bgr = {
        .planes = {packed}, .strides = {3 * WIDTH}, .width = WIDTH, .height = HEIGHT, .format = LIGHTPOSE_BGR24};
    lightpose_image nv12 = {
        .planes = {y, chroma}, .strides = {WIDTH, WIDTH}, .width = WIDTH, .height = HEIGHT, .format = LIGHTPOSE_NV12};

    (void)state;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        double colour[3];
        smooth_colour(i % WIDTH, i / WIDTH, colour);
        for (int c = 0; c < 3; c++)
            packed[3 * i + c] = (uint8_t)lrint(colour[c]);
    }
    for (int set = 0; set < 4; set++) {
        nv12.matrix = (lightpose_matrix)(set & 1);
        nv12.range = (lightpose_range)(set >> 1);
        for (int i = 0; i < WIDTH * HEIGHT; i++)
            y[i] = smooth_yuv(&nv12, 0, i % WIDTH, i / WIDTH);
        for (int i = 0; i < WIDTH * HEIGHT / 2; i++)
            chroma[i] = smooth_yuv(&nv12, 1 + i % 2, i % WIDTH / 2 * 2 + (set >> 1 ? 0.5 : 0), i / WIDTH * 2 + 0.5);
        for (size_t h = 0; h < sizeof heights / sizeof *heights; h++) {
            lp_geometry g;
            uint8_t *const want = resampled(&bgr, heights[h], &g), *const got = resampled(&nv12, heights[h], &g);
            int worst = 0;
            for (int row = EDGE; row < heights[h] - EDGE; row++)
                for (int i = 3 * (g.pad_left + EDGE); i < 3 * (g.pad_left + g.scaled_width - EDGE); i++) {
                    const int off = abs(got[3 * g.net_width * row + i] - want[3 * g.net_width * row + i]);
                    worst = off > worst ? off : worst;
                }
            if (worst > 2)
                fail_msg("matrix %d, range %d, height %d: off by %d levels", set & 1, set >> 1, heights[h], worst);
            free(want);
            free(got);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yuv_follows_the_standards),
        cmocka_unit_test(greys),
        cmocka_unit_test(smooth_pictures_equal_bgr),
    };

    return cmocka_run_group_tests_name("yuv", tests, NULL, NULL);
}
