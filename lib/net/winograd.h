/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 3x3 convolutions of stride 1 by Winograd's minimal filtering, F(4x4, 3x3): 36 multiplications for 16 outputs instead
 * of 144. (Lavin & Gray 2015, "Fast Algorithms for Convolutional Neural Networks".)
 *
 * A tile of 6x6 source cells is transformed, B' d B; so was the kernel once, G g G'; the products of the two, summed
 * over source channels, are 36 small matrix products over many tiles at once; A' m A turns each sum into 4x4 outputs.
 * The transforms follow from five points at which polynomials are evaluated, and from infinity. In F32 the usual points
 * 0, +-1, +-2 lose twice the precision of 0, +-5/8, +-3/2, which are as exact in binary (measured: root mean square
 * error 1.4e-6 and 0.6e-6 of sums over 128 channels of unit size).
 *
 * From bytes to bytes the points are 0, +-1, +-2: the transformed source is then whole and fits 16 bits whatever the
 * bytes (68 * 255), products are summed in 32 bits, and the transformed kernel is rounded to as many bits as let no sum
 * overflow, 11 or so, with a scale for each matrix and output channel. A quarter of the products at half the pace of
 * bytes; and where a CPU without VNNI adds byte products in pairs in 16 bits, which saturate in oneDNN, here nothing
 * saturates but the result.
 *
 * A dilated convolution is dilation^2 plain ones on interleaved grids. */

#ifndef LP_NET_WINOGRAD_H
#define LP_NET_WINOGRAD_H

#include "net/operator.h"

enum { LP_WINOGRAD_TAPS = 36, LP_WINOGRAD_MOST_CHANNELS = 512 };

/* Takes dense 3x3 layers of stride 1 with padding as wide as the dilation, channels in whole vectors, ReLU or no
 * activation, and enough cells to be worth it; from F32 to F32, or from bytes to bytes on CPUs with AVX2, except those
 * on which plain byte products are at least as fast: with AMX, and with AVX-VNNI alone. A unit is a block of tiles. */
extern const lp_operator lp_op_winograd;

#endif
