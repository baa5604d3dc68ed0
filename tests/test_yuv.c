/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The colours of YUV images against the formulas of the standards in real numbers. */

#include "check.h"

#include <math.h>

#include "image/geometry.h"
#include "image/preprocess.h"

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

/* What preprocessing makes of an image of the network's own size, where resampling changes nothing. */
static uint8_t *through(const lightpose_image *image) {
    lp_preprocess *p = NULL;
    lp_geometry g;
    const lightpose_settings wide = {.max_net_height = 8192, .max_net_width = 8192};
    uint8_t *const out = malloc((size_t)image->width * (size_t)image->height * 3);
    const lp_net_input input = {LP_U8, out, 3 * image->width};

    assert_non_null(out);
    assert_ok(lp_geometry_make(&g, image->width, image->height, image->height, &wide, error));
    assert_int_equal(g.net_width, image->width);
    assert_int_equal(g.net_height, image->height);
    assert_ok(lp_preprocess_create(&p, error));
    assert_ok(lp_preprocess_run(p, image, &g, 2, &input, error));
    lp_preprocess_destroy(&p);
    return out;
}

/* Every luma, along x and by pairs of rows, with every third chroma, both ends included: within 0.54 levels of the
 * formula in real numbers, of which rounding to a level takes 0.5. */
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
        for (int start = 0; start < STEPS * STEPS; start += BLOCKS) {
            for (int i = 0; i < BLOCKS * BLOCKS; i++) {
                const int chroma = (start + i / BLOCKS) % (STEPS * STEPS);
                u[i] = (uint8_t)(chroma / STEPS * 3);
                v[i] = (uint8_t)(chroma % STEPS * 3);
            }
            uint8_t *const out = through(&image);
            for (int i = 0; i < SIDE * SIDE; i++) {
                const int chroma = i / SIDE / 2 * BLOCKS + i % SIDE / 2;
                double want[3];
                if (i % 2 || i / SIDE % 2)
                    continue; /* the same again: equals_opencv covers it */
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yuv_follows_the_standards),
        cmocka_unit_test(greys),
    };

    return cmocka_run_group_tests_name("yuv", tests, NULL, NULL);
}
