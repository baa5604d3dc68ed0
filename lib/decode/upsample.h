/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The maps upsampled by bicubic interpolation as OpenCV 4.6 computes it (A = -0.75, borders replicated), bit for bit,
 * but only where a value is wanted. SPEC 2.8.
 *
 * A pixel X of the upsampled map lies between the centres of two source cells, s = floor((X + 0.5) / factor - 0.5) and
 * s + 1, at one of `factor` phases. All pixels with the same s in x and in y form a block of factor x factor, which
 * depends on 4 x 4 source cells, s - 1 to s + 2. Block b = s + 1 counts from 0; there are width + 1 times height + 1,
 * and those at the border lie partly outside the map:
 *
 *     X = factor * b + phase - origin
 *
 * Order of sums, which decides the last bit: first along x, ((a0 w0 + a1 w1) + a2 w2) + a3 w3, for each of the four
 * rows; then along y, s0 w0 + (s1 w1 + (s2 w2 + s3 w3)). No fused multiply-add. */

#ifndef LP_DECODE_UPSAMPLE_H
#define LP_DECODE_UPSAMPLE_H

#include "net/plan.h" /* lp_maps */

enum { LP_MAX_UPSAMPLE = 8, LP_TAPS = 4 };

typedef struct lp_upsample {
    int factor; /* 1, 2, 4 or 8 */
    int shift;  /* its logarithm */
    int origin;
    float weights[LP_TAPS][LP_MAX_UPSAMPLE]; /* [tap][phase] */

    /* How far a block can exceed its cells: value <= inner * max(0, largest of the middle 2 x 2 cells)
     * + edge * max(0, -smallest of the 8 cells at the edges) + corner * max(0, largest of the 4 corners),
     * and |value| <= gain * largest magnitude; rounding included. */
    double inner, edge, corner, gain;
} lp_upsample;

void lp_upsample_init(lp_upsample *upsample, int factor);

/* The weights of cells -1, 0, 1 and 2 for a place `x` between cells 0 and 1, 0 to 1. */
void lp_cubic_weights(float x, float *weights);

/* Places count in cells, 0 the centre of the first: those of the heatmap, or those of the upsampled map. */
static inline double lp_upsampled_place(double at, int factor) {
    return (at + 0.5) * factor - 0.5;
}

static inline double lp_cell_place(double upsampled, int factor) {
    return (upsampled + 0.5) / factor - 0.5;
}

#endif
