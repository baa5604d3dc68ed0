/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The network for one input size: steps over one arena, built once and run per frame. */

#ifndef LP_NET_PLAN_H
#define LP_NET_PLAN_H

#include "base/team.h"
#include "image/preprocess.h"
#include "net/output_maps.h"
#include "net/quantise.h"
#include "net/weights.h"

/* Weights of one model in one precision, quantised and packed for the engine; shared by plans and threads. Made by the
 * first plan that needs them; keeps `weights`, which must outlive it. */
typedef struct lp_net lp_net;

/* Resolves AUTO for this CPU and these weights, or says why an explicit choice is not available. UNSUPPORTED. */
lightpose_status lp_net_resolve(const lp_weights *weights, lightpose_precision wanted, lightpose_precision *resolved,
                                lightpose_error *error);

lightpose_status lp_net_create(lp_net **net, const lp_weights *weights, lightpose_precision resolved,
                               lightpose_error *error);
void lp_net_destroy(lp_net **net);

typedef struct lp_plan lp_plan;

typedef struct lp_plan_options {
    int width, height; /* network input, multiples of LP_STRIDE */
    int threads;       /* the most that a run may have */
    int stages;        /* 1 or 2 */
    int keep_tensors;  /* 1: every tensor stays readable after a run (lp_plan_tensor), which takes more memory */
} lp_plan_options;

/* ARGUMENT, MEMORY, ENGINE. */
lightpose_status lp_plan_create(lp_plan **plan, lp_net *net, const lp_plan_options *options, lightpose_error *error);
void lp_plan_destroy(lp_plan **plan);

/* Where preprocessing writes; fixed for the plan's life. A run reuses the memory for other tensors, so the input is
 * gone afterwards, except with keep_tensors. */
lp_net_input lp_plan_input(const lp_plan *plan);

/* Runs the network, shared out over the team; `maps` stay valid until the next run. The maps are the same, to the bit,
 * for every team. ENGINE, MEMORY (of the engine). */
lightpose_status lp_plan_run(lp_plan *plan, lp_team *team, lp_maps *maps, lightpose_error *error);

/* What a plan consists of, for the benchmark: steps in order of execution. */
typedef struct lp_step_info {
    const char *name;           /* of the layer; lives as long as the plan */
    const char *implementation; /* what runs it, in oneDNN's or our words */
    int reference;              /* 1: oneDNN's reference code, which is a defect here */
    int64_t macs;               /* multiply-accumulates; 0 for what only moves memory */
} lp_step_info;

int lp_plan_steps(const lp_plan *plan);
void lp_plan_step_info(const lp_plan *plan, int step, lp_step_info *info);

/* One step alone, on what the last run left. */
lightpose_status lp_plan_run_step(lp_plan *plan, lp_team *team, int step, lightpose_error *error);

size_t lp_plan_arena_bytes(const lp_plan *plan);

/* A tensor as it lies in memory: element (channel c, row y, column x) at data[y * row_stride + x * cell_stride + c],
 * value = quant.scale[c] * (element - quant.zero[c]). */
typedef struct lp_tensor_view {
    const void *data;
    ptrdiff_t row_stride, cell_stride; /* elements */
    int channels, height, width;
    lp_quantisation quant;
} lp_tensor_view;

/* The tensor `name` ("data", a layer's name, or its sum's) of the last run; 0 where the plan has none of that name.
 * Of a plan without keep_tensors only the maps are there. In F32 a layer's own output is there as well as its sum. */
int lp_plan_tensor(const lp_plan *plan, const char *name, lp_tensor_view *tensor);
float lp_tensor_value(const lp_tensor_view *tensor, int channel, int y, int x);

#endif
