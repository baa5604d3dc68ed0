/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 3x3 convolutions of stride 1 in F32 by Winograd's minimal filtering, F(4x4, 3x3): 36 multiplications for 16 outputs
 * where the plain way takes 144. (Lavin & Gray 2015, "Fast Algorithms for Convolutional Neural Networks".)
 *
 * A tile of 6x6 source cells is transformed, B' d B; so was the kernel once, G g G'; the products of the two, summed
 * over source channels, are 36 small matrix products over many tiles at once; A' m A turns each sum into 4x4 outputs.
 * The transforms follow from five points at which polynomials are evaluated, and from infinity. The usual points 0,
 * +-1,
 * +-2 lose twice the precision of 0, +-5/8, +-3/2, which are as exact in binary (measured: root mean square error
 * 1.4e-6 and 0.6e-6 of sums over 128 channels of unit size).
 *
 * A dilated convolution is dilation^2 plain ones on interleaved grids. */

#ifndef LP_NET_WINOGRAD_H
#define LP_NET_WINOGRAD_H

#include "net/dnn.h"

enum { LP_WINOGRAD_TAPS = 36 };

/* Whether `spec` is a layer for it: F32, dense 3x3, stride 1, padding as wide as the dilation, channels in whole
 * vectors, ReLU or nothing - and enough cells that it pays. */
int lp_winograd_takes(const lp_conv_spec *spec);

/* Transformed kernels in the order that the CPU's code reads. Immutable; shared by plans and threads. MEMORY. */
typedef struct lp_winograd_weights lp_winograd_weights;

lightpose_status lp_winograd_pack(lp_winograd_weights **packed, const char *name, const float *weights, int in, int out,
                                  unsigned features, lightpose_error *error);
void lp_winograd_weights_destroy(lp_winograd_weights **packed);

/* One layer; all pointers live as long as it is used. */
typedef struct lp_winograd {
    const lp_winograd_weights *weights;
    const float *bias;
    int height, width, dilation, relu;
    int threads;
} lp_winograd;

const char *lp_winograd_implementation(const lp_winograd_weights *weights);
size_t lp_winograd_scratch_size(const lp_winograd *layer);

/* dst = act(src * weights + bias) + added; `added` may be NULL, or dst itself. */
void lp_winograd_run(const lp_winograd *layer, const float *src, const float *added, float *dst, void *scratch);

#endif
