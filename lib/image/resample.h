/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Bilinear resampling of 8-bit rows, byte for byte as OpenCV 4.6 does INTER_LINEAR with a factor instead of a size.
 * Output pixel d lies at source position (float)((d + 0.5) / scale - 0.5) = s + f, and
 *
 *     across = S[s] * round(2048 (1 - f)) + S[s + 1] * round(2048 f)            (rounding half to even)
 *     down   = ((across[s] >> 4) * beta0 >> 16) + ((across[s + 1] >> 4) * beta1 >> 16)
 *     level  = (down + 2) >> 2
 *
 * Columns left of the first sample or right of the last one take that sample with full weight; rows keep their weights
 * and are clamped. For a factor of exactly 1/2 OpenCV uses INTER_AREA. It differs only in a last column that covers a
 * single source column: that is the mean of two samples, rounded half to even. */

#ifndef LP_IMAGE_RESAMPLE_H
#define LP_IMAGE_RESAMPLE_H

#include "base/status.h"

enum { LP_TAPS_PAD = 16, LP_WIDE_READ = 8, LP_WIDE_WRITE = 64, LP_PACKED_PAIRS = 4 };

/* The memory layout of a source pixel: its size and the byte offsets of blue, green and red. */
typedef struct lp_pixel {
    int bytes, blue, green, red;
} lp_pixel;

/* The columns of one geometry and pixel layout. Arrays hold `count` entries rounded up to LP_TAPS_PAD, the last
 * repeated, so that kernels may work in groups. */
typedef struct lp_columns {
    int count;
    int wide; /* number of columns, from the first, at which LP_WIDE_READ bytes lie inside the row */
    int next; /* bytes from the left sample to the right one; 0 if the source has one column */
    lp_pixel pixel;
    int mean_last;    /* the last column is the special case above */
    int32_t *offsets; /* bytes to the left sample */
    int16_t *weights; /* the pair (left, right), */
    int pairs;        /* repeated this many times for the lanes of a vector */
} lp_columns;

/* Fills the columns for a source of `source` pixels, at most 2^31 bytes; `count`, `pixel`, `pairs` and the arrays'
 * memory are set by the caller. `shift` moves positions to the right, in samples; it is 0 except for chroma. */
void lp_columns_fill(lp_columns *columns, int source, double scale, double shift);
size_t lp_columns_room(int count); /* entries of the arrays */

/* Where an output row reads and with which weights. */
typedef struct lp_row_tap {
    int upper, lower;
    int16_t upper_weight, lower_weight;
} lp_row_tap;

lp_row_tap lp_row_tap_at(int row, int source, double scale);

/* One output row: `count` pixels of B G R into `bgr`, which has room for lp_columns_room(count) pixels and
 * LP_WIDE_WRITE bytes. Every kernel gives the same bytes. */
typedef void lp_resample_row(const lp_columns *columns, const lp_row_tap *tap, const uint8_t *upper,
                             const uint8_t *lower, uint8_t *bgr);

lp_resample_row lp_resample_row_c, lp_resample_row_avx2;

/* Resamples the columns that a kernel leaves: those from `first` on, and the last one if it is special. */
void lp_resample_rest(const lp_columns *columns, const lp_row_tap *tap, const uint8_t *upper, const uint8_t *lower,
                      int first, uint8_t *bgr);

/* The value of the special last column. */
static inline uint8_t lp_mean_even(unsigned a, unsigned b) {
    return (uint8_t)((a + b + ((a + b) >> 1 & 1)) >> 1);
}

#endif
