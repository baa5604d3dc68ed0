/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Finds the local maxima of an upsampled heatmap without upsampling all of it.
 *
 * The rule (SPEC 2.9): values below the threshold count as 0, and so does everything outside the map; a maximum is
 * strictly greater than its four neighbours. A plateau has none; a pixel at the border can be one.
 *
 * How: a block of the upsampled map (upsample.h) is computed only where its cells can lift a pixel to the threshold.
 * With the plane's largest value and smallest value standing in for corner and edge cells, lp_upsample's bound turns
 * into one number that one of the middle 2 x 2 cells must reach. Blocks left out hold values below the threshold, so as
 * neighbours they count as 0, which is what the cleared buffers say. */

#ifndef LP_DECODE_SCAN_H
#define LP_DECODE_SCAN_H

#include "decode/planes.h"
#include "decode/upsample.h"

typedef struct lp_maximum {
    uint32_t place; /* x << 16 | y, in pixels of the upsampled map: at most 4096 * 8 each */
    float value;
} lp_maximum;

typedef struct lp_maxima {
    void *data; /* of lp_maximum, by x, then by y */
    size_t capacity;
    int count;
} lp_maxima;

/* Scratch of one thread. */
typedef struct lp_scan {
    const lp_upsample *upsample;
    int width, height, words;
    ptrdiff_t pitch; /* floats in a row of pixels */
    void *bits;      /* a row of `words` for each row of cells (hot), blocks (active) and pixels in the ring (flags) */
    void *pixels;    /* 4 rows interpolated along x, then a ring of 4 rows of blocks, cleared between runs */
    size_t bits_capacity, pixels_capacity;
    float weights[LP_TAPS][2 * LP_MAX_UPSAMPLE]; /* [tap], phases repeated to the length of a vector */
    int wide;                                    /* 1: vectors of 8 floats */
} lp_scan;

/* `features`: base/cpu.h. `upsample` must outlive the scan. */
void lp_scan_init(lp_scan *scan, const lp_upsample *upsample, unsigned features);
void lp_scan_free(lp_scan *scan);

lightpose_status lp_scan_reserve(lp_scan *scan, const lp_planes *planes, lightpose_error *error);

/* The maxima of plane `map` that reach `threshold` and are positive. Returns 0, or -1 without memory. */
int lp_scan_run(lp_scan *scan, const lp_planes *planes, int map, float threshold, lp_maxima *maxima);

#endif
