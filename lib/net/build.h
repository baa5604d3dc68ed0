/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The inside of a plan: tensors, the buffers they lie in, and steps. */

#ifndef LP_NET_BUILD_H
#define LP_NET_BUILD_H

#include "net/arena.h"
#include "net/depthwise.h"
#include "net/net.h"
#include "net/pointwise.h"
#include "net/winograd.h"

enum { LP_PLAN_TENSORS = 2 * LP_MAX_LAYERS, LP_PLAN_STEPS = 2 * LP_MAX_LAYERS, LP_PLAN_BUFFERS = 4 * LP_MAX_LAYERS };

typedef struct lp_plan_tensor_entry {
    const char *name;
    lp_element element;
    uint8_t zero; /* the byte for 0 around it, where it has a border */
    int channels; /* from cell to cell: padding channels included */
    int height, width;
    int border[4]; /* cells around it in memory: top, left, bottom, right */
    int buffer;
} lp_plan_tensor_entry;

typedef enum lp_step_kind {
    LP_STEP_CONV = 0,
    LP_STEP_DEPTHWISE, /* our own, on bytes */
    LP_STEP_WINOGRAD,  /* our own; adds src[1] where the layer adds */
    LP_STEP_POINTWISE, /* our own, from bytes; likewise */
    LP_STEP_ADD,       /* dst = src[0] + src[1] */
    LP_STEP_CONCAT,    /* dst = src[0], src[1], src[2] side by side */
    LP_STEP_COPY,      /* dst = src[0], inside dst's border */
    LP_STEP_PATCHES    /* dst = of each output what the layer's kernel reads of src[0] */
} lp_step_kind;

typedef struct lp_step {
    lp_step_kind kind;
    int row, last; /* of the network's table; whether it writes an output */
    const lp_layer *layer;
    lp_conv *conv;
    const lp_packed *packed; /* its weights */
    lp_depthwise *depthwise;
    lp_winograd winograd;
    lp_pointwise pointwise;
    const lp_numbers *numbers;
    int src[LP_CONCAT_INPUTS], dst; /* tensors */
    int scratch;                    /* buffer, or -1 */
} lp_step;

struct lp_plan {
    lp_net *net;
    lp_dnn *dnn;
    lp_plan_options options;
    lp_plan_tensor_entry tensors[LP_PLAN_TENSORS];
    lp_step steps[LP_PLAN_STEPS];
    lp_buffer buffers[LP_PLAN_BUFFERS];
    int tensor_count, step_count, buffer_count;
    uint8_t *arena;
    size_t arena_bytes;
};

/* Fills the plan's tensors, steps and buffers, with nothing placed or bound yet. MEMORY, ENGINE. */
lightpose_status lp_build(lp_plan *plan, lightpose_error *error);

/* The index of a tensor, or -1. */
int lp_find_tensor(const lp_plan *plan, const char *name);

/* Bytes of an element; where the first cell inside the border lies; and from row to row. */
size_t lp_element_bytes(lp_element element);
uint8_t *lp_tensor_data(const lp_plan *plan, const lp_plan_tensor_entry *tensor);
size_t lp_tensor_stride(const lp_plan_tensor_entry *tensor);

#endif
