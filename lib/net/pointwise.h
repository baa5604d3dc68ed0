/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 1x1 convolutions of bytes, for CPUs without VNNI: exact, and faster than widening each product.
 *
 * One instruction (vpmaddubsw) multiplies bytes and adds two neighbours in 16 bits, a second (vpmaddwd) widens the sum
 * to 32 bits; both need a multiplier. But 16 bits hold more than two products if the source is small, which it usually
 * is: after ReLU its mean is 2 to 30 of 255. So a check, once per few cells, computes a bound on the sum of the
 * products of each stretch of 32 source channels: source bytes times the greatest magnitude of the weights for their
 * channels. If 16 bits hold the bound, sums are widened once for 16 products (97 to 100 % of the stretches of the large
 * layers, on photographs); otherwise, for each half of the stretch, once for 8 or for 4. If not even those fit, bytes
 * are widened before they are multiplied. So no sum overflows or saturates on any picture; only the speed of a layer
 * depends on the picture.
 *
 * Splitting large weights in two instead, so that no pair of products exceeds 16 bits, would need 1.07 to 1.7 times the
 * multiplications.
 *
 * The first layer, 3x3 on 3 channels, runs the same way: a unit first copies the cells that each output reads side by
 * side (im2col) into a source of 32 channels. */

#ifndef LP_NET_POINTWISE_H
#define LP_NET_POINTWISE_H

#include "net/operator.h"

enum { LP_POINTWISE_MOST_CHANNELS = 512 };

/* Takes layers from bytes: 1x1, stride 1, source channels in whole stretches; or a larger kernel that reads at most 32
 * values. On a CPU with AVX2 but no VNNI, which has an instruction for it (dot.h). What is read after ELU is stored
 * around 128, where nothing fits; such a layer takes longer than in oneDNN, whose sums of two products saturate
 * instead. A unit is a block of cells. */
extern const lp_operator lp_op_pointwise;

#endif
