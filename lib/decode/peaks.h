/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The peaks of one keypoint type: the candidates that limbs join. Two ways to find them, `reference` and `refined`.
 * docs/algorithm.md 5. */

#ifndef LP_DECODE_PEAKS_H
#define LP_DECODE_PEAKS_H

#include "decode/maps.h"

typedef struct lp_maximum {
    uint32_t place; /* x << 16 | y, in pixels of the upsampled map: at most 4096 * 8 each */
    float value;
} lp_maximum;

/* What a search finds before suppression. */
typedef struct lp_maxima {
    void *data; /* of lp_maximum, by x, then by y; in peaks_refined.c, of `candidate` */
    size_t capacity;
    int count;
} lp_maxima;

enum { LP_PEAKS_SPARE = 8 }; /* repetitions of the first peak behind the last, for whole vectors */

typedef struct lp_peaks {
    int count;
    float *x, *y, *score; /* cells of the upsampled map */
    void *data;           /* holds the three */
    size_t capacity;
    lp_maxima maxima; /* scratch */
} lp_peaks;

void lp_peaks_free(lp_peaks *peaks);

/* Makes room for `count` peaks; the old ones are lost. Returns 0, or -1 if memory is exhausted. */
int lp_peaks_reserve(lp_peaks *peaks, int count);

/* Adds a peak unless one from index `first` on is closer than `radius`. */
void lp_peaks_add_unless_close(lp_peaks *peaks, int first, float x, float y, float score, float radius);

/* Fills the places after the last peak. */
void lp_peaks_pad(lp_peaks *peaks);

/* ---- reference --------------------------------------------------------------------------------------------------- */

/* Finds the local maxima of an upsampled heatmap without upsampling all of it.
 *
 * The rule (docs/algorithm.md 5): values below the threshold count as 0, and so does everything outside the map. A
 * maximum is strictly greater than its four neighbours, so a plateau has none. A pixel at the border can be one.
 *
 * How: a block of the upsampled map (maps.h) is computed only where its cells can lift a pixel to the threshold. With
 * the plane's largest and smallest value in place of the corner and edge cells, lp_upsample's bound becomes one number
 * that one of the middle 2 x 2 cells must reach. Skipped blocks hold values below the threshold, so they count as 0 as
 * neighbours: that is the content of the cleared buffers. */

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

/* Finds the positive maxima of plane `map` that reach `threshold`, and applies the published suppression: in order of
 * x, then of y, each stays unless an earlier one that stayed is closer than `radius`. The score does not matter.
 * Returns 0, or -1 if memory is exhausted. */
int lp_peaks_find_reference(lp_peaks *peaks, lp_scan *scan, const lp_planes *planes, int map, float threshold,
                            float radius);

/* ---- refined ----------------------------------------------------------------------------------------------------- */

/* Peaks found on the network's own cells and placed between them. The rule, for every cell of the heatmap:
 *   - a cell is a candidate if it reaches LP_REFINED_LOW times the threshold and none of its eight neighbours is
 *     larger. Of equal neighbours the first in reading order wins, so a plateau has one candidate; in the published
 *     rule it has none. Cells outside the map are not neighbours;
 *   - its place is the top of a parabola along x and along y, fitted twice to the bicubic interpolation of the map at
 *     LP_REFINED_STEP cells around the place so far; the values across are averaged 1 : 2 : 1, because the heatmaps'
 *     bells are wider than a cell. A fit moves the place by at most that step, and both together by at most one cell.
 *     Cells outside the map count as LP_REFINED_OUTSIDE times the nearest cell: a bell falls off there too, and a
 *     constant border would shift it over the edge;
 *   - its score is the larger of the cell's value and the interpolated value at its place; it must reach the threshold;
 *   - candidates are taken by score, the higher first, equal ones in reading order; each stays unless one that stayed
 *     is closer than the radius. */

#define LP_REFINED_LOW     0.6f /* the interpolation of cells from 0 to 1 is at most 1.19^2, so no peak is missed */
#define LP_REFINED_STEP    0.75f
#define LP_REFINED_OUTSIDE 0.5f /* 0.3 to 0.7 give the same accuracy */

/* Replaces `peaks`: in cells of the upsampled map, sorted by score. Returns 0, or -1 if memory is exhausted. */
int lp_peaks_find_refined(lp_peaks *peaks, const lp_planes *planes, int map, const lp_upsample *upsample,
                          float threshold, float radius);

#endif
