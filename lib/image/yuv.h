/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Resampling of YUV images: each source pixel that an output pixel needs is converted to blue, green, red in 8 bits,
 * then resampled as resample.h says. The result is that of converting the whole image first.
 *
 * The conversion, exactly (integers; >> rounds towards minus infinity; coefficients per matrix and range in yuv.c):
 *
 *     luma  = Y * scale >> 8
 *     blue  = clamp(luma + (U * blue_u >> 8) - blue_bias >> 6)
 *     green = clamp(luma - (U * green_u >> 8) - (V * green_v >> 8) + green_bias >> 6)
 *     red   = clamp(luma + (V * red_v >> 8) - red_bias >> 6)
 *
 * A chroma sample serves its 2 x 2 pixels unchanged. Every term fits 16 bits without sign, 6 of them fraction, which is
 * what makes it fast. It is within 0.54 levels of ITU-R BT.601 and BT.709 in real numbers, and grey stays grey. */

#ifndef LP_IMAGE_YUV_H
#define LP_IMAGE_YUV_H

#include "image/resample.h"

typedef struct lp_yuv {
    uint16_t scale, blue_u, green_u, green_v, red_v; /* 14 bits of fraction */
    uint16_t blue_bias, green_bias, red_bias;        /* 6: black, the middle of chroma, and the half that rounds */
} lp_yuv;

/* Both must be known values. */
const lp_yuv *lp_yuv_coefficients(lightpose_matrix matrix, lightpose_range range);

/* A row of pixels: chroma samples lie `step` bytes apart, 1 (I420) or 2 (NV12, v = u + 1). */
typedef struct lp_yuv_source {
    const uint8_t *y, *u, *v;
    int step;
} lp_yuv_source;

/* For vectors: where the pixels of eight columns are. Each half of a register takes the luma of four columns, as 16
 * bytes from the start of the first (a window), or, where columns lie too far apart, 4 bytes from the start of each;
 * and likewise 8 pairs of chroma (U, V), or 2. Starts stay so far from the row's end that nothing is read beyond it.
 * The shuffles move a byte to the upper half of 16 bits (0x80 gives zero): left and right pixel of each column. */
enum { LP_OCTET = 8 };

typedef struct lp_yuv_octet {
    uint8_t y[32], u[32], v[32];
    int32_t luma[LP_OCTET], chroma[LP_OCTET];
} lp_yuv_octet;

typedef enum lp_yuv_reading {
    LP_YUV_SCALAR = 0, /* the source is smaller than a read */
    LP_YUV_WINDOW = 1,
    LP_YUV_APART = 2
} lp_yuv_reading;

typedef struct lp_yuv_columns {
    lp_columns columns; /* of one-byte pixels */
    lp_yuv_reading reading;
    lp_yuv_octet *octets; /* lp_columns_room(count) / LP_OCTET */
} lp_yuv_columns;

/* Fills all but the count of columns and the arrays' memory. */
void lp_yuv_columns_fill(lp_yuv_columns *columns, int source, double scale);

/* One output row, as lp_resample_row. Every kernel gives the same bytes. */
typedef void lp_yuv_resample_row(const lp_yuv_columns *columns, const lp_row_tap *tap, const lp_yuv *yuv,
                                 const lp_yuv_source *upper, const lp_yuv_source *lower, uint8_t *bgr);

lp_yuv_resample_row lp_yuv_resample_row_c, lp_yuv_resample_row_avx2;

/* The columns from `first` on, and the last where it is special: what kernels leave. */
void lp_yuv_resample_rest(const lp_yuv_columns *columns, const lp_row_tap *tap, const lp_yuv *yuv,
                          const lp_yuv_source *upper, const lp_yuv_source *lower, int first, uint8_t *bgr);

#endif
