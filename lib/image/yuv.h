/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Resampling of YUV images: luma and chroma are resampled separately, each on its own grid, and each output pixel is
 * then converted to blue, green, red once. Output pixel d lies at (d + 0.5) / scale - 0.5 among the samples of luma,
 * and at (d + 0.5) / (2 scale) - 0.5 among those of chroma, which in full range (JPEG) lie in the middle of their 2 x 2
 * pixels. In limited range (MPEG-2, H.264) they lie on the left column, so x is greater by 0.25. Positions are rounded
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
 * (Integers; >> rounds towards minus infinity; coefficients per matrix and range in yuv.c.) Every term fits 16 unsigned
 * bits, 6 of them fractional. The conversion is within 0.54 levels of ITU-R BT.601 and BT.709 in real numbers, and grey
 * stays grey. */

#ifndef LP_IMAGE_YUV_H
#define LP_IMAGE_YUV_H

#include "image/resample.h"

typedef struct lp_yuv {
    uint16_t scale, blue_u, green_u, green_v, red_v; /* 14 fractional bits */
    uint16_t blue_bias, green_bias, red_bias;        /* 6: black, the middle of chroma, and one half for rounding */
} lp_yuv;

/* Both must be valid. */
const lp_yuv *lp_yuv_coefficients(lightpose_matrix matrix, lightpose_range range);

/* Offsets count 16-bit values of a row that is already resampled vertically: one per luma sample, two (U, V) per chroma
 * sample. */
typedef struct lp_yuv_columns {
    lp_columns luma, chroma;
} lp_yuv_columns;

enum { LP_LUMA_PAIRS = 1, LP_CHROMA_PAIRS = 2 };

/* For a source of `source` pixels. The caller sets the counts of columns and the arrays' memory. */
void lp_yuv_columns_fill(lp_yuv_columns *columns, int source, double scale, lightpose_range range);

typedef struct lp_yuv_row {
    const uint8_t *y, *u, *v;
} lp_yuv_row;

/* The source rows of an output row. */
typedef struct lp_yuv_rows {
    lp_yuv_row upper, lower;
    int step;                           /* bytes between samples of chroma: 1 (I420) or 2 (NV12, v = u + 1) */
    int width;                          /* of the image, at most 2^30 */
    int16_t luma_weight, chroma_weight; /* of the lower rows */
} lp_yuv_rows;

/* Scratch of one thread, 16-bit values: the vertically resampled rows of luma and of chroma, U and V alternating. */
typedef struct lp_yuv_scratch_rows {
    int16_t *luma, *chroma;
} lp_yuv_scratch_rows;

size_t lp_yuv_scratch(int width);
lp_yuv_scratch_rows lp_yuv_scratch_at(int16_t *scratch, int width);

/* Fills the scratch rows. Every kernel gives the same values. */
void lp_yuv_down(const lp_yuv_rows *rows, const lp_yuv_scratch_rows *out);

/* Resamples one output row, as lp_resample_row. Every kernel gives the same bytes. */
typedef void lp_yuv_resample_row(const lp_yuv_columns *columns, const lp_yuv_rows *rows, const lp_yuv *yuv,
                                 int16_t *scratch, uint8_t *bgr);

lp_yuv_resample_row lp_yuv_resample_row_c, lp_yuv_resample_row_avx2;

#endif
