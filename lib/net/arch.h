/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The network as a table like that of the paper: one row per convolution. docs/algorithm.md 2. */

#ifndef LP_NET_ARCH_H
#define LP_NET_ARCH_H

#include <stddef.h>

/* Two published graphs that differ in a few rows: Intel's human-pose-estimation-0001 and the PyTorch checkpoint. */
typedef enum lp_variant { LP_VARIANT_OMZ = 0, LP_VARIANT_PYTORCH = 1 } lp_variant;

typedef enum lp_activation { LP_LINEAR = 0, LP_RELU = 1, LP_ELU = 2 } lp_activation;

typedef enum lp_layer_kind { LP_CONV = 0, LP_DEPTHWISE = 1, LP_CONCAT = 2 } lp_layer_kind;

/* Weights: `name`.weight, shape [out, in, kernel, kernel] (depthwise [out, 1, 3, 3]), and `name`.bias, shape [out].
 * The padding keeps the size: dilation * (kernel - 1) / 2. */
typedef struct lp_layer {
    const char *name; /* of the layer, and of the tensor that it writes */
    lp_layer_kind kind;
    int in, out, kernel, stride, dilation;
    lp_activation activation;
    const char *from; /* the tensor that it reads; for the concat the first of three */
    const char *add;  /* a tensor added after the activation, or NULL */
    const char *sum;  /* the name of the tensor after that addition; NULL where nothing is added */
} lp_layer;

enum { LP_MAX_LAYERS = 64, LP_CONCAT_INPUTS = 3 };

/* The variant's rows in order of execution: every tensor is written before it is read. `rows` has room for
 * LP_MAX_LAYERS. Returns their number. */
int lp_arch_layers(lp_variant variant, lp_layer *rows);

/* The row that writes the tensor `name`, before or after its addition; -1 for none. */
int lp_arch_find(const lp_layer *rows, int count, const char *name);

/* The inputs of the concat, in the order of channels: pafs 38, heatmaps 19, features 128. */
extern const char *const lp_arch_concat_inputs[LP_CONCAT_INPUTS];

/* The outputs of stage 1 (initial) and 2 (refinement). */
const char *lp_arch_heatmaps(int stage);
const char *lp_arch_pafs(int stage);

/* The name in a weights file's metadata, and back; -1 for an unknown name. */
const char *lp_variant_name(lp_variant variant);
int lp_variant_from_name(const char *name);

#endif
