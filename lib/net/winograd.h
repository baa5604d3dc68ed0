/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 3x3 convolutions of stride 1 by Winograd's minimal filtering, F(4x4, 3x3): 36 multiplications for 16 outputs instead
 * of 144. (Lavin & Gray 2015, "Fast Algorithms for Convolutional Neural Networks".)
 *
 * A tile of 6x6 source cells is transformed, B' d B; the kernel was transformed once, G g G'. Their products, summed
 * over source channels, are 36 small matrix products over many tiles at once. A' m A turns the sums into 4x4 outputs.
 * The transforms follow from five points at which polynomials are evaluated, and from infinity. In F32 the usual points
 * 0, +-1, +-2 have twice the error of 0, +-5/8, +-3/2, which are also exact in binary (measured root mean square
 * errors: 1.4e-6 and 0.6e-6, for sums over 128 channels of unit size).
 *
 * From bytes to bytes the points are 0, +-1, +-2: the transformed source is then an integer that fits 16 bits for all
 * bytes (68 * 255). Products are summed in 32 bits, and the transformed kernel is rounded to the number of bits at
 * which no sum can overflow, about 11, with a scale for each matrix and output channel. This needs a quarter of the
 * products, at half the rate of byte products. Without VNNI, oneDNN adds byte products in pairs in 16 bits, which can
 * saturate; here only the result saturates.
 *
 * A dilated convolution is dilation^2 convolutions without dilation on interleaved grids. */

#ifndef LP_NET_WINOGRAD_H
#define LP_NET_WINOGRAD_H

#include "net/operator.h"

enum { LP_WINOGRAD_TAPS = 36, LP_WINOGRAD_MOST_CHANNELS = 512 };

/* Takes dense 3x3 layers of stride 1 with padding as wide as the dilation, channels in multiples of 32, ReLU or no
 * activation, and enough cells. From F32 to F32, or from bytes to bytes on CPUs with AVX2, except with AMX, where plain
 * byte products are at least as fast, and with AVX-VNNI but no AVX-512 VNNI. A unit is a block of tiles. */
extern const lp_operator lp_op_winograd;

#endif
