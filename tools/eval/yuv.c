/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/yuv.h"

#include <math.h>
#include <stdlib.h>

#include "fail.h"

/* Y, U or V: weights of B, G and R by BT.601 for the limited range. */
static uint8_t weigh(const double pixel[3], const double weights[3], double zero) {
    return (uint8_t)lrint(zero + (pixel[0] * weights[0] + pixel[1] * weights[1] + pixel[2] * weights[2]) / 255);
}

static const double luma_weights[3] = {24.966, 128.553, 65.481};
static const double u_weights[3] = {112, -74.203, -37.797}, v_weights[3] = {-18.214, -93.786, 112};

/* Averages around the left column of two by two pixels, where chroma is sited: weights 1 2 1 across, edges repeated. */
static void mean(const lightpose_image *bgr, int x, int y, double pixel[3]) {
    const int left = x > 0 ? x - 1 : 0, right = x + 1 < bgr->width ? x + 1 : x;
    const int below = y + 1 < bgr->height ? y + 1 : y;
    const uint8_t *const rows[2] = {bgr->planes[0] + y * bgr->strides[0], bgr->planes[0] + below * bgr->strides[0]};

    for (int c = 0; c < 3; c++) {
        int sum = 0;
        for (int row = 0; row < 2; row++)
            sum += rows[row][3 * left + c] + 2 * rows[row][3 * x + c] + rows[row][3 * right + c];
        pixel[c] = sum / 8.0;
    }
}

static void fill(const lightpose_image *bgr, uint8_t *luma, uint8_t *u, uint8_t *v, int step) {
    const int half = (bgr->width + 1) / 2;
    double pixel[3];

    for (int y = 0; y < bgr->height; y++)
        for (int x = 0; x < bgr->width; x++) {
            const uint8_t *const from = bgr->planes[0] + y * bgr->strides[0] + 3 * x;
            for (int c = 0; c < 3; c++)
                pixel[c] = from[c];
            luma[(size_t)y * (size_t)bgr->width + (size_t)x] = weigh(pixel, luma_weights, 16);
        }
    for (int y = 0; y < bgr->height; y += 2)
        for (int x = 0; x < bgr->width; x += 2) {
            const size_t at = ((size_t)(y / 2) * (size_t)half + (size_t)(x / 2)) * (size_t)step;
            mean(bgr, x, y, pixel);
            u[at] = weigh(pixel, u_weights, 128);
            v[at] = weigh(pixel, v_weights, 128);
        }
}

lightpose_status lp_yuv_from_bgr(const lightpose_image *bgr, lightpose_format format, lightpose_image *image,
                                 uint8_t **pixels, lightpose_error *error) {
    const int nv12 = format == LIGHTPOSE_NV12, width = bgr->width, height = bgr->height, half = (width + 1) / 2;
    const size_t luma = (size_t)width * (size_t)height, chroma = (size_t)half * (size_t)((height + 1) / 2);

    *pixels = malloc(luma + 2 * chroma);
    if (!*pixels)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for a picture of %d x %d", width, height);
    uint8_t *const u = *pixels + luma, *const v = nv12 ? u + 1 : u + chroma;
    fill(bgr, *pixels, u, v, nv12 ? 2 : 1);
    *image = (lightpose_image){.planes = {*pixels, u, nv12 ? NULL : v},
                               .strides = {width, nv12 ? 2 * half : half, nv12 ? 0 : half},
                               .width = width,
                               .height = height,
                               .format = format,
                               .matrix = LIGHTPOSE_BT601,
                               .range = LIGHTPOSE_RANGE_LIMITED};
    return LIGHTPOSE_OK;
}
