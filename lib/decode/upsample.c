/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/upsample.h"

#include <math.h>

/* OpenCV's own arithmetic, in float and in its order, since the last weight is the rest of the others. */
static void cubic_weights(float x, float *w) {
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
        cubic_weights(factor == 1 ? 0 : ((float)p + 0.5f) / (float)factor, w);
        for (int t = 0; t < LP_TAPS; t++)
            upsample->weights[t][p] = w[t];
    }
    bound_gain(upsample);
}

static inline int clamp(int value, int high) {
    return value < 0 ? 0 : value > high ? high : value;
}

/* `factor` is a constant at each call, so that every loop has a constant length. */
static inline __attribute__((always_inline)) void block(const lp_upsample *upsample, const float *const *cells,
                                                        int factor, float *out) {
    float rows[LP_TAPS][LP_MAX_UPSAMPLE];

    for (int r = 0; r < LP_TAPS; r++) {
        const float a = *cells[r * LP_TAPS], b = *cells[r * LP_TAPS + 1], c = *cells[r * LP_TAPS + 2],
                    d = *cells[r * LP_TAPS + 3];
        for (int p = 0; p < factor; p++)
            rows[r][p] = ((a * upsample->weights[0][p] + b * upsample->weights[1][p]) + c * upsample->weights[2][p]) +
                         d * upsample->weights[3][p];
    }
    for (int q = 0; q < factor; q++)
        for (int p = 0; p < factor; p++)
            out[q * factor + p] = rows[0][p] * upsample->weights[0][q] +
                                  (rows[1][p] * upsample->weights[1][q] +
                                   (rows[2][p] * upsample->weights[2][q] + rows[3][p] * upsample->weights[3][q]));
}

static inline __attribute__((always_inline)) void block_pair(const lp_upsample *upsample, const float **cells,
                                                             ptrdiff_t channel_stride, int factor, float *out) {
    block(upsample, cells, factor, out);
    for (int i = 0; i < LP_TAPS * LP_TAPS; i++)
        cells[i] += channel_stride;
    block(upsample, cells, factor, out + factor * factor);
}

void lp_upsample_block_pair(const lp_upsample *upsample, const lp_map_view *view, int width, int height, int channel,
                            int bx, int by, float *out) {
    const float *const data = view->data + channel * view->channel_stride;
    const float *cells[LP_TAPS * LP_TAPS];

    for (int r = 0; r < LP_TAPS; r++)
        for (int c = 0; c < LP_TAPS; c++)
            cells[r * LP_TAPS + c] =
                data +
                ((ptrdiff_t)clamp(by - 2 + r, height - 1) * width + clamp(bx - 2 + c, width - 1)) * view->cell_stride;
    switch (upsample->factor) {
    case 1:
        block_pair(upsample, cells, view->channel_stride, 1, out);
        break;
    case 2:
        block_pair(upsample, cells, view->channel_stride, 2, out);
        break;
    case 4:
        block_pair(upsample, cells, view->channel_stride, 4, out);
        break;
    default:
        block_pair(upsample, cells, view->channel_stride, 8, out);
        break;
    }
}
