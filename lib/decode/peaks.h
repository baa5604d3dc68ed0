/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The peaks of one keypoint type: the candidates that limbs join. SPEC 2.9. */

#ifndef LP_DECODE_PEAKS_H
#define LP_DECODE_PEAKS_H

#include "decode/scan.h"

enum { LP_PEAKS_SPARE = 8 }; /* repetitions of the first peak behind the last, for whole vectors */

typedef struct lp_peaks {
    int count;
    float *x, *y, *score; /* cells of the upsampled map */
    void *data;           /* holds the three */
    size_t capacity;
    lp_maxima maxima; /* what is suppressed: of the scan, or of subcell.c */
} lp_peaks;

void lp_peaks_free(lp_peaks *peaks);

/* Room for `count` peaks; those there are lost. Returns 0, or -1 without memory. */
int lp_peaks_reserve(lp_peaks *peaks, int count);

/* Fills the spare places. */
void lp_peaks_pad(lp_peaks *peaks);

/* The maxima of plane `map` after the published suppression: in order of x, then of y, each keeps its place unless one
 * kept before it is closer than `radius`. Score plays no part. Returns 0, or -1 without memory. */
int lp_peaks_find(lp_peaks *peaks, lp_scan *scan, const lp_planes *planes, int map, float threshold, float radius);

#endif
