/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The inside of a plan: tensors, their buffers, and steps. */

#ifndef LP_NET_BUILD_H
#define LP_NET_BUILD_H

#include "net/arena.h"
#include "net/net.h"

enum { LP_PLAN_TENSORS = 2 * LP_MAX_LAYERS, LP_PLAN_STEPS = 2 * LP_MAX_LAYERS };

typedef struct lp_plan_tensor_entry {
    const char *name;
    lp_element element;
    uint8_t zero; /* the byte that represents 0 */
    int channels; /* from cell to cell, including padding channels */
    int height, width;
    int buffer;
} lp_plan_tensor_entry;

typedef struct lp_step {
    const lp_layer *layer;
    lp_op_instance instance;
    lp_conv_spec spec;   /* of a convolution */
    int src, added, dst; /* tensors; added: -1 for none */
    size_t offset;       /* in bytes, in the target's first cell */
    int64_t macs;
} lp_step;

struct lp_plan {
    lp_net *net;
    lp_plan_options options;
    lp_plan_tensor_entry tensors[LP_PLAN_TENSORS];
    lp_step steps[LP_PLAN_STEPS];
    lp_buffer buffers[LP_PLAN_TENSORS];
    int tensor_count, step_count, buffer_count;
    int row_tensors[LP_MAX_LAYERS + 1]; /* tensor that each row of the network writes; the first is the input */
    int heatmaps, pafs;                 /* tensors */
    uint8_t *arena, *scratch;           /* scratch: for each thread */
    size_t arena_bytes, scratch_bytes;  /* scratch_bytes: for one thread */
};

/* Fills the plan's tensors, steps and buffers; the buffers are not placed yet. MEMORY, ENGINE. */
lightpose_status lp_build(lp_plan *plan, lightpose_error *error);

uint8_t *lp_tensor_data(const lp_plan *plan, int tensor);
size_t lp_tensor_row_bytes(const lp_plan_tensor_entry *tensor);

#endif
