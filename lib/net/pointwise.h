/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 1x1 convolutions of bytes, for CPUs without VNNI: exact, and faster than widening each product.
 *
 * One instruction (vpmaddubsw) multiplies bytes and adds two neighbours in 16 bits, a second (vpmaddwd) widens the sum
 * to 32 bits; both need a multiplier. But 16 bits hold more than two products if the source is small, and it usually
 * is: after ReLU its mean is 2 to 30 of 255. So for every few cells a check computes a bound on the sum of products of
 * each stretch of 32 source channels: source bytes times the greatest magnitude of the weights for their channels. If
 * the bound fits 16 bits, sums are widened once for 16 products (97 to 100 % of the stretches of the large layers, on
 * photographs); otherwise, for each half of the stretch, once for 8 or for 4. If not even those fit, bytes are widened
 * before they are multiplied. So no sum overflows or saturates on any picture; the picture only affects the speed.
 *
 * Splitting large weights in two instead, so that no pair of products exceeds 16 bits, would need 1.07 to 1.7 times the
 * multiplications.
 *
 * The first layer, 3x3 on 3 channels, runs in the same way: a unit first copies the cells that each output reads side
 * by side (im2col), into a source of 32 channels. */

#ifndef LP_NET_POINTWISE_H
#define LP_NET_POINTWISE_H

#include "net/operator.h"

enum { LP_POINTWISE_MOST_CHANNELS = 512 };

/* Takes layers from bytes on CPUs with AVX2 but without VNNI (with VNNI there is an instruction for it: dot.h): 1x1
 * layers of stride 1 whose source channels are a multiple of a stretch, and larger kernels that read at most 32 values.
 * Sources after ELU are stored around 128, where no bound fits: such a layer takes longer than in oneDNN, where sums of
 * two products saturate. A unit is a block of cells. */
extern const lp_operator lp_op_pointwise;

#endif
