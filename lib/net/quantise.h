/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From the weights file to the weights, bias and scales of a layer in each precision. quantise.c has the algebra of
 * int8. */

#ifndef LP_NET_QUANTISE_H
#define LP_NET_QUANTISE_H

#include "image/element.h"
#include "net/weights.h"

enum {
    LP_MAX_CHANNELS = 512,
    LP_CONCAT_CHANNELS = 192, /* 185, padded for the engine with channels whose weights are zero */
    LP_SIGNED_ZERO = 128      /* the byte that represents 0 in tensors with negative values */
};

/* The network as a graph of rows, with its weights and the precision to run it in. */
typedef struct lp_graph {
    const lp_weights *weights;
    lightpose_precision precision;
    unsigned features; /* of the CPU */
    int count;
    lp_layer rows[LP_MAX_LAYERS];
    int from[LP_MAX_LAYERS],
        add[LP_MAX_LAYERS]; /* rows whose outputs a row reads and adds; -1 for "data", and for none */
} lp_graph;

/* How a tensor is stored: value = scale[channel] * (stored - zero[channel]). The scales of F32 and BF16 are 1, except
 * that of the input, which the network defines.
 *
 * int8 stores tensors in unsigned bytes, except the inputs of the last stage's heads, which stay F32. Values after ReLU
 * have zero point 0, all others 128. Scales are per channel if the file's ranges are, except for tensors of a residual
 * sum, which need one common scale. */
typedef struct lp_quantisation {
    lp_element element;
    float scale[LP_MAX_CHANNELS];
    uint8_t zero[LP_MAX_CHANNELS];
} lp_quantisation;

/* Whether int8 stores a tensor with zero point 0, because no value is negative; and whether the tensor needs one common
 * scale, because it is part of a residual sum. */
int lp_is_unsigned(const lp_graph *graph, const char *tensor);
int lp_needs_one_scale(const lp_graph *graph, const char *tensor);

/* `last`: the tensor is an output of the network, which is F32 in every precision. */
void lp_quantisation_of(const lp_graph *graph, const char *tensor, int last, lp_quantisation *quant);

/* The maximum magnitude of a layer's int8 weights. Without AVX-512 VNNI, oneDNN adds products in pairs in 16 bits, and
 * 255 * 127 + 255 * 127 does not fit. Pairs of such high activations are rare, and the maps do not suffer
 * (weights/README.md). But any white wall has such high pixels. So if oneDNN runs the first layer (without AVX2 and
 * NEON), its weights get 7 bits, which always fit. Our own kernels are exact. */
int lp_greatest_weight(const lp_graph *graph, const lp_layer *layer);

/* What a layer does apart from its weights, in the terms of lp_conv_spec. */
typedef struct lp_requantisation {
    int in; /* channels read, including padding */
    lp_activation activation;
    float *bias, *scales, *gains; /* one per output channel; scales and gains may be NULL */
    float gain, shift, sum;
} lp_requantisation;

/* The requantisation of `layer`. In int8 it follows from the rounded weights, which `weights` returns; otherwise that
 * is NULL. MEMORY. */
lightpose_status lp_requantisation_create(const lp_graph *graph, const lp_layer *layer, int last,
                                          lp_requantisation *requant, void **weights, lightpose_error *error);
void lp_requantisation_free(lp_requantisation *requant);

/* The weights of `layer` in plain order: F32, or S8 for int8. Freed with lp_free. MEMORY. */
lightpose_status lp_quantise_weights(const lp_graph *graph, const lp_layer *layer, void **weights,
                                     lightpose_error *error);

#endif
