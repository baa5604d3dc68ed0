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

/* Computes the layer without its activation. `magnitudes` gets, for each output, the sum of the magnitudes of all
 * terms, to which rounding errors are proportional. */
void naive_convolve(const lp_layer *layer, const double *weights, const double *bias, const naive_tensor *source,
                    naive_tensor *target, naive_tensor *magnitudes);

/* The magnitudes of a 3x3 layer computed by Winograd's filtering (net/winograd.h): of the sums in its two input
 * transforms, the products and the output transform, tile by tile. `outside`: the source's values outside the image,
 * one per channel; NULL: zeros. Overwrites the magnitudes of naive_convolve. */
void naive_winograd_magnitudes(const lp_layer *layer, const double *weights, const double *bias,
                               const naive_tensor *source, const double *outside, naive_tensor *magnitudes);

double naive_activate(lp_activation activation, double value);

#endif
