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

/* Weights of one model in one precision, quantised and packed for the engine; shared by plans and threads. Created by
 * the first plan that needs them. Keeps `weights`, which must outlive it. */
typedef struct lp_net lp_net;

/* Resolves AUTO for this CPU and these weights. UNSUPPORTED, with the reason, if the requested one is not available. */
lightpose_status lp_net_resolve(const lp_weights *weights, lightpose_precision wanted, lightpose_precision *resolved,
                                lightpose_error *error);

lightpose_status lp_net_create(lp_net **net, const lp_weights *weights, lightpose_precision resolved,
                               lightpose_error *error);
void lp_net_destroy(lp_net **net);

typedef struct lp_plan lp_plan;

typedef struct lp_plan_options {
    int width, height; /* network input, multiples of LP_STRIDE */
    int threads;       /* maximum for a run */
    int stages;        /* 1 or 2 */
    int keep_tensors;  /* 1: every tensor stays readable after a run (lp_plan_tensor), which takes more memory */
} lp_plan_options;

/* ARGUMENT, MEMORY, ENGINE. */
lightpose_status lp_plan_create(lp_plan **plan, lp_net *net, const lp_plan_options *options, lightpose_error *error);
void lp_plan_destroy(lp_plan **plan);

/* The buffer for preprocessing; fixed for the plan's life. A run reuses the memory for other tensors, so it destroys
 * the input, except with keep_tensors. */
lp_net_input lp_plan_input(const lp_plan *plan);

/* Runs the network with the team; `maps` stay valid until the next run. The maps are the same, bit for bit, for every
 * team. ENGINE, MEMORY (of the engine). */
lightpose_status lp_plan_run(lp_plan *plan, lp_team *team, lp_maps *maps, lightpose_error *error);

/* A step of a plan, for the benchmark. Steps are in order of execution. */
typedef struct lp_step_info {
    const char *name;           /* of the layer; lives as long as the plan */
    const char *implementation; /* the code that runs it, by oneDNN's name or ours */
    int reference;              /* 1: oneDNN's reference code, which is a defect here */
    int64_t macs;               /* multiply-accumulates; 0 for steps that only move memory */
} lp_step_info;

int lp_plan_steps(const lp_plan *plan);
void lp_plan_step_info(const lp_plan *plan, int step, lp_step_info *info);

/* Runs one step alone, on the data of the last run. */
lightpose_status lp_plan_run_step(lp_plan *plan, lp_team *team, int step, lightpose_error *error);

size_t lp_plan_arena_bytes(const lp_plan *plan);

/* A tensor in memory: element (channel c, row y, column x) at data[y * row_stride + x * cell_stride + c], value =
 * quant.scale[c] * (element - quant.zero[c]). */
typedef struct lp_tensor_view {
    const void *data;
    ptrdiff_t row_stride, cell_stride; /* elements */
    int channels, height, width;
    lp_quantisation quant;
} lp_tensor_view;

/* The tensor `name` ("data", a layer's name, or its sum's) of the last run. Returns 0 if the plan has none of that
 * name. Without keep_tensors only the maps are available. In F32 a layer's own output is available as well as its sum.
 */
int lp_plan_tensor(const lp_plan *plan, const char *name, lp_tensor_view *tensor);
float lp_tensor_value(const lp_tensor_view *tensor, int channel, int y, int x);

#endif
