/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Resampling of YUV images: luma and chroma are resampled on grids of their own, and each output pixel is converted to
 * blue, green, red once. Output pixel d lies at (d + 0.5) / scale - 0.5 among the samples of luma, and at
 * (d + 0.5) / (2 scale) - 0.5 among those of chroma, which in full range (JPEG) lie in the middle of their 2 x 2
 * pixels; in limited range (MPEG-2, H.264) they lie on the left column, so that x is 0.25 more. Positions are narrowed
 * to float and weights rounded to 2048ths as in resample.h; samples outside the image are the nearest inside. With
 * samples a, b above c, d and weights left, right, lower:
 *
 *     down(a, c) = 128 a + ((c - a) * lower + 8 >> 4)
 *     sample = down(a, c) * left + down(b, d) * right >> 10             (8 bits of fraction: Y, U, V below)
 *
 *     luma  = Y * scale >> 16
 *     blue  = clamp(luma + (U * blue_u >> 16) - blue_bias >> 6)
 *     green = clamp(luma - (U * green_u >> 16) - (V * green_v >> 16) + green_bias >> 6)
 *     red   = clamp(luma + (V * red_v >> 16) - red_bias >> 6)
 *
 * (Integers; >> rounds towards minus infinity; coefficients per matrix and range in yuv.c.) Every term fits 16 bits
 * without sign, 6 of them fraction. The conversion is within 0.54 levels of ITU-R BT.601 and BT.709 in real numbers,
 * and grey stays grey. */

#ifndef LP_IMAGE_YUV_H
#define LP_IMAGE_YUV_H

#include "image/resample.h"

typedef struct lp_yuv {
    uint16_t scale, blue_u, green_u, green_v, red_v; /* 14 bits of fraction */
    uint16_t blue_bias, green_bias, red_bias;        /* 6: black, the middle of chroma, and the half that rounds */
} lp_yuv;

/* Both must be known values. */
const lp_yuv *lp_yuv_coefficients(lightpose_matrix matrix, lightpose_range range);

/* Offsets count 16-bit values of a row that has been resampled down: one for luma, two, U and V, for chroma. */
typedef struct lp_yuv_columns {
    lp_columns luma, chroma;
} lp_yuv_columns;

enum { LP_LUMA_PAIRS = 1, LP_CHROMA_PAIRS = 2 };

/* For a source of `source` pixels; the counts of columns and the arrays' memory are the caller's. */
void lp_yuv_columns_fill(lp_yuv_columns *columns, int source, double scale, lightpose_range range);

typedef struct lp_yuv_row {
    const uint8_t *y, *u, *v;
} lp_yuv_row;

/* What an output row reads. */
typedef struct lp_yuv_rows {
    lp_yuv_row upper, lower;
    int step;                           /* bytes between samples of chroma: 1 (I420) or 2 (NV12, v = u + 1) */
    int width;                          /* of the image, at most 2^30 */
    int16_t luma_weight, chroma_weight; /* of the lower rows */
} lp_yuv_rows;

/* Scratch of one thread, in 16-bit values: the rows resampled down, luma's and chroma's, U and V in turn. */
typedef struct lp_yuv_scratch_rows {
    int16_t *luma, *chroma;
} lp_yuv_scratch_rows;

size_t lp_yuv_scratch(int width);
lp_yuv_scratch_rows lp_yuv_scratch_at(int16_t *scratch, int width);

/* Fills them, as every kernel does. */
void lp_yuv_down(const lp_yuv_rows *rows, const lp_yuv_scratch_rows *out);

/* One output row, as lp_resample_row. Every kernel gives the same bytes. */
typedef void lp_yuv_resample_row(const lp_yuv_columns *columns, const lp_yuv_rows *rows, const lp_yuv *yuv,
                                 int16_t *scratch, uint8_t *bgr);

lp_yuv_resample_row lp_yuv_resample_row_c, lp_yuv_resample_row_avx2;

#endif
