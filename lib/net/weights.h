/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The weights file (safetensors): opened, checked completely, and read by name. weights/README.md. */

#ifndef LP_NET_WEIGHTS_H
#define LP_NET_WEIGHTS_H

#include "base/status.h"
#include "net/arch.h"

typedef struct lp_weights lp_weights; /* immutable after loading */

/* Maps the file, or copies the memory; checks the header, every tensor of the variant's table (shape, dtype, no tensor
 * missing, none extra, none overlapping or outside) and the ranges. FILE, WEIGHTS, MEMORY. */
lightpose_status lp_weights_load(lp_weights **weights, const char *path, lightpose_error *error);
lightpose_status lp_weights_load_memory(lp_weights **weights, const void *data, size_t size, lightpose_error *error);
void lp_weights_destroy(lp_weights **weights);

lp_variant lp_weights_variant(const lp_weights *weights);
const char *lp_weights_metadata(const lp_weights *weights, const char *key); /* "" if absent */
const char *lp_weights_dtype(const lp_weights *weights);                     /* of the convolutions: F32, F16, … */
int64_t lp_weights_parameters(const lp_weights *weights);

/* The network's input is (p - 128) * scale for a pixel value p. */
float lp_weights_input_scale(const lp_weights *weights);

/* The layer's weights (out x in x kernel x kernel) or bias (out) as float32, whatever the stored type; `out` has
 * room for all. The layer is one of the variant's table. */
void lp_weights_read_weight(const lp_weights *weights, const lp_layer *layer, float *out);
void lp_weights_read_bias(const lp_weights *weights, const lp_layer *layer, float *out);

/* The stored int8 values and their scale per output channel if the file has int8 weights; otherwise NULL. */
const int8_t *lp_weights_int8(const lp_weights *weights, const lp_layer *layer, const float **scales);

/* The range of a tensor's values (a layer's name, its sum, or "data"): 1 or `channels` pairs. */
typedef struct lp_range {
    int count; /* 1, or one per channel */
    const float *low, *high;
} lp_range;

int lp_weights_has_ranges(const lp_weights *weights); /* for all tensors that int8 needs */
int lp_weights_range(const lp_weights *weights, const char *tensor, lp_range *range); /* 0 if there is none */

#endif
