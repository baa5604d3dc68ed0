/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The network's layers in plain loops and double precision. */

#ifndef LP_TESTS_NAIVE_H
#define LP_TESTS_NAIVE_H

#include "net/arch.h"

typedef struct naive_tensor {
    int channels, height, width;
    double *values; /* channel after channel */
} naive_tensor;

naive_tensor naive_create(int channels, int height, int width);
void naive_free(naive_tensor *tensor);
double *naive_at(const naive_tensor *tensor, int channel, int y, int x);

/* The layer before its activation. `magnitudes` gets, for each output, the sum of the magnitudes of all that was added:
 * what rounding errors are proportional to. */
void naive_convolve(const lp_layer *layer, const double *weights, const double *bias, const naive_tensor *source,
                    naive_tensor *target, naive_tensor *magnitudes);

/* The same for a 3x3 layer computed by Winograd's filtering (net/winograd.h): magnitudes of what its two transforms,
 * the products and the last transform add up, tile by tile. `outside`: the source's values outside the image, one per
 * channel, or NULL for zeros. Overwrites what naive_convolve left. */
void naive_winograd_magnitudes(const lp_layer *layer, const double *weights, const double *bias,
                               const naive_tensor *source, const double *outside, naive_tensor *magnitudes);

double naive_activate(lp_activation activation, double value);

#endif
