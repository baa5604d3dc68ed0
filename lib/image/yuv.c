/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/yuv.h"

/* From Kr, Kb (BT.601: 0.299, 0.114; BT.709: 0.2126, 0.0722), Kg = 1 - Kr - Kb; limited range stretches luma by
 * 255/219 and chroma by 255/224. scale x 2^14; 2 (1 - Kb), 2 Kb (1 - Kb) / Kg, 2 Kr (1 - Kr) / Kg, 2 (1 - Kr) x 2^13.
 */
static const lp_yuv coefficients[2][2] = {
    [LIGHTPOSE_BT601] = {[LIGHTPOSE_RANGE_LIMITED] = {16, 19077, 16525, 3209, 6660, 13075},
                         [LIGHTPOSE_RANGE_FULL] = {0, 16384, 14516, 2819, 5850, 11485}},
    [LIGHTPOSE_BT709] = {[LIGHTPOSE_RANGE_LIMITED] = {16, 19077, 17305, 1747, 4366, 14686},
                         [LIGHTPOSE_RANGE_FULL] = {0, 16384, 15201, 1535, 3835, 12901}},
};

const lp_yuv *lp_yuv_coefficients(lightpose_matrix matrix, lightpose_range range) {
    return &coefficients[matrix][range];
}

/* 6 bits of fraction to a level. */
static uint8_t level(int value) {
    const int rounded = (value + 32) >> 6;

    return (uint8_t)(rounded < 0 ? 0 : rounded > 255 ? 255 : rounded);
}

void lp_yuv_row_c(const lp_yuv *yuv, const uint8_t *y, const uint8_t *u, const uint8_t *v, int chroma_step, int width,
                  uint8_t *bgrx) {
    for (int x = 0; x < width; x++) {
        const int chroma = x / 2 * chroma_step, cb = u[chroma] - 128, cr = v[chroma] - 128;
        const int luma = ((y[x] - yuv->black) * yuv->scale + 128) >> 8;

        bgrx[4 * x] = level(luma + ((cb * yuv->blue_u + 64) >> 7));
        bgrx[4 * x + 1] = level(luma - ((cb * yuv->green_u + 64) >> 7) - ((cr * yuv->green_v + 64) >> 7));
        bgrx[4 * x + 2] = level(luma + ((cr * yuv->red_v + 64) >> 7));
        bgrx[4 * x + 3] = 0;
    }
}
