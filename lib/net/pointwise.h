/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 1x1 convolutions of bytes, for CPUs without VNNI: exact, and faster than products can be widened one by one.
 *
 * One instruction (vpmaddubsw) multiplies bytes and adds two neighbours in 16 bits, a second (vpmaddwd) widens the sum
 * to 32 bits; both need a multiplier. But 16 bits hold more than two products where the source is small, and it is:
 * after ReLU its mean is 2 to 30 of 255. So a survey, once per few cells, adds up what the products of each stretch of
 * 32 source channels can come to: source bytes times the greatest magnitude that the layer has for their channels.
 * Where that fits, sums are widened once for 16 products (97 to 100 % of the stretches of the large layers, on
 * photographs); else, by halves of the stretch, once for 8 or for 4. Where not even those fit, bytes are widened before
 * they are multiplied. So no sum overflows or saturates, whatever the picture; how fast a layer runs depends on it.
 *
 * The doubling of large weights instead, so that no pair of products leaves 16 bits, would need 1.07 to 1.7 times the
 * multiplications. */

#ifndef LP_NET_POINTWISE_H
#define LP_NET_POINTWISE_H

#include "net/dnn.h"

/* PATCH: source channels that a kernel wider than 1x1 is made to, by one cell for each output of what it reads. */
enum { LP_POINTWISE_MOST_CHANNELS = 512, LP_POINTWISE_PATCH = 32 };

/* Whether `spec` is a layer for it: 1x1, stride 1, no padding, from bytes, source channels in whole stretches, ReLU or
 * nothing (what is read after ELU is stored around 128, where nothing fits); on a CPU with AVX2 but no VNNI, with which
 * oneDNN is faster. */
int lp_pointwise_takes(const lp_conv_spec *spec, unsigned features);

/* The same of a layer that is none, but is one over patches (move.h) of its source with its border: the first layer,
 * whose pixels are as large as bytes get. */
int lp_pointwise_takes_patches(const lp_conv_spec *spec, unsigned features);

/* Weights in the order that the CPU's code reads. Immutable; shared by plans and threads. */
typedef struct lp_pointwise_weights lp_pointwise_weights;

/* `weights`: out x in x kernel x kernel, of `spec`, which is the layer's own for patches too. MEMORY. */
lightpose_status lp_pointwise_pack(lp_pointwise_weights **packed, const lp_conv_spec *spec, const int8_t *weights,
                                   unsigned features, lightpose_error *error);
void lp_pointwise_weights_destroy(lp_pointwise_weights **packed);

/* One layer; all pointers live as long as it is used. */
typedef struct lp_pointwise {
    const lp_pointwise_weights *weights;
    const float *scales, *bias; /* one per output channel */
    lp_element target;          /* U8 or F32 */
    int cells, relu;
    float sum, shift; /* of what is added, and of the result */
    int threads;
} lp_pointwise;

const char *lp_pointwise_implementation(const lp_pointwise_weights *weights);

/* dst = saturate(act(scale * (src * weights) + bias) + sum * added + shift); `added`, of the target's element, may be
 * NULL, or dst itself. */
void lp_pointwise_run(const lp_pointwise *layer, const uint8_t *src, const void *added, void *dst);

#endif
