/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 3x3 convolutions of stride 1 by Winograd's minimal filtering, F(4x4, 3x3): 36 multiplications for
 * 16 outputs where the plain way takes 144. (Lavin & Gray 2015, "Fast Algorithms for Convolutional Neural Networks".)
 *
 * A tile of 6x6 source cells is transformed, B' d B; so was the kernel once, G g G'; the products of the two, summed
 * over source channels, are 36 small matrix products over many tiles at once; A' m A turns each sum into 4x4 outputs.
 * The transforms follow from five points at which polynomials are evaluated, and from infinity. In F32 the usual points
 * 0, +-1, +-2 lose twice the precision of 0, +-5/8, +-3/2, which are as exact in binary (measured: root mean square
 * error 1.4e-6 and 0.6e-6 of sums over 128 channels of unit size).
 *
 * From bytes to bytes the points are 0, +-1, +-2: the transformed source is then whole and fits
 * 16 bits whatever the bytes (68 * 255), products are summed in 32 bits, and the transformed kernel is rounded to as
 * many bits as let no sum overflow, 11 or so, with a scale for each matrix and output channel. A quarter of the
 * products at half the pace of bytes; and where a CPU without VNNI adds byte products in pairs in 16 bits, which oneDNN
 * lets saturate, here nothing saturates but the result.
 *
 * A dilated convolution is dilation^2 plain ones on interleaved grids. */

#ifndef LP_NET_WINOGRAD_H
#define LP_NET_WINOGRAD_H

#include "net/dnn.h"

enum { LP_WINOGRAD_TAPS = 36, LP_WINOGRAD_MOST_CHANNELS = 512 };

/* Whether `spec` is a layer for it: dense 3x3, stride 1, padding as wide as the dilation, channels in whole vectors,
 * ReLU or nothing, enough cells that it pays; from F32 to F32, or from bytes to bytes on CPUs with AVX2, but for two
 * kinds where oneDNN's own byte products are as fast or faster: with AMX, and with AVX-VNNI alone. */
int lp_winograd_takes(const lp_conv_spec *spec, unsigned features);

/* Transformed kernels in the order that the CPU's code reads. Immutable; shared by plans and threads. */
typedef struct lp_winograd_weights lp_winograd_weights;

/* `weights`: out x in x 3 x 3. `outside`: what a source element outside the image is; 0 in F32. MEMORY. */
lightpose_status lp_winograd_pack(lp_winograd_weights **packed, const lp_conv_spec *spec, const float *weights,
                                  uint8_t outside, unsigned features, lightpose_error *error);
void lp_winograd_weights_destroy(lp_winograd_weights **packed);

/* One layer; all pointers live as long as it is used. Elements are those of the weights' specification. */
typedef struct lp_winograd {
    const lp_winograd_weights *weights;
    const float *bias;
    int height, width, dilation, relu;
    float sum, shift; /* of what is added, and of the result; 1 and 0 in F32 */
    int threads;
} lp_winograd;

const char *lp_winograd_implementation(const lp_winograd_weights *weights);
size_t lp_winograd_scratch_size(const lp_winograd *layer);

/* dst = saturate(act(src * weights + bias) + sum * added + shift); `added` may be NULL, or dst itself. */
void lp_winograd_run(const lp_winograd *layer, const void *src, const void *added, void *dst, void *scratch);

#endif
