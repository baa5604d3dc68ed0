/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Rows of YUV images into blue, green, red.
 *
 * The conversion, exactly (integers; >> rounds towards minus infinity; coefficients per matrix and range in yuv.c):
 *
 *     luma  = ((Y - black) * scale + 128) >> 8
 *     blue  = clamp((luma + ((U - 128) * blue_u + 64 >> 7) + 32) >> 6)
 *     green = clamp((luma - ((U - 128) * green_u + 64 >> 7) - ((V - 128) * green_v + 64 >> 7) + 32) >> 6)
 *     red   = clamp((luma + ((V - 128) * red_v + 64 >> 7) + 32) >> 6)
 *
 * A chroma sample serves its 2 x 2 pixels unchanged. Every term fits 16 bits with 6 of fraction, which is what makes it
 * fast; it is within one level of the formula of ITU-R BT.601 and BT.709 in real numbers. */

#ifndef LP_IMAGE_YUV_H
#define LP_IMAGE_YUV_H

#include <lightpose/lightpose.h>

typedef struct lp_yuv {
    int16_t black, scale;                    /* Q14 */
    int16_t blue_u, green_u, green_v, red_v; /* Q13 */
} lp_yuv;

/* Both must be known values. */
const lp_yuv *lp_yuv_coefficients(lightpose_matrix matrix, lightpose_range range);

/* Pixels that the output of a row has room for. */
static inline size_t lp_yuv_room(int width) {
    return ((size_t)width + 31) / 32 * 32;
}

/* A row of `width` pixels: chroma samples lie `chroma_step` bytes apart, 1 (I420) or 2 (NV12, v = u + 1). Writes 4
 * bytes a pixel, the fourth is 0, and anything up to lp_yuv_room(width). Every kernel gives the same bytes. */
typedef void lp_yuv_row(const lp_yuv *yuv, const uint8_t *y, const uint8_t *u, const uint8_t *v, int chroma_step,
                        int width, uint8_t *bgrx);

lp_yuv_row lp_yuv_row_c, lp_yuv_row_avx2;

#endif
