/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/upsample.h"

#include <math.h>

/* OpenCV's own arithmetic, in float and in its order, since the last weight is the rest of the others. */
void lp_cubic_weights(float x, float *w) {
    const float a = -0.75f;

    w[0] = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
    w[1] = ((a + 2) * x - (a + 3)) * x * x + 1;
    w[2] = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
    w[3] = 1.f - w[0] - w[1] - w[2];
}

/* The weights of the outer taps are never positive and those of the inner ones never negative. In two dimensions the
 * products of two inner or two outer weights are therefore positive, the mixed ones negative, and the largest value
 * over cells between m and M is a sum of largest inner and corner cells less the smallest edge cells. Every part grows
 * with the outer sum n, so the phase with the largest n bounds all. */
static void bound_gain(lp_upsample *upsample) {
    /* Eight roundings on the way to a value, each at most 2^-24 of the sum of magnitudes; 2e-6 is four times that. */
    const double rounding = 1 + 2e-6;
    double inner = 1, outer = 0;

    for (int p = 0; p < upsample->factor; p++) {
        outer = fmax(outer, -(double)upsample->weights[0][p] - (double)upsample->weights[3][p]);
        inner = fmax(inner, (double)upsample->weights[1][p] + (double)upsample->weights[2][p]);
    }
    upsample->inner = inner * inner * rounding;
    upsample->edge = 2 * inner * outer * rounding;
    upsample->corner = outer * outer * rounding;
    upsample->gain = (inner + outer) * (inner + outer) * rounding;
}

void lp_upsample_init(lp_upsample *upsample, int factor) {
    upsample->factor = factor;
    upsample->shift = __builtin_ctz((unsigned)factor);
    upsample->origin = factor - factor / 2;
    for (int p = 0; p < factor; p++) {
        float w[LP_TAPS];
        lp_cubic_weights(factor == 1 ? 0 : ((float)p + 0.5f) / (float)factor, w);
        for (int t = 0; t < LP_TAPS; t++)
            upsample->weights[t][p] = w[t];
    }
    bound_gain(upsample);
}
