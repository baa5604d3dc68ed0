/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/plan.h"

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "image/geometry.h"
#include "net/build.h"

static lightpose_status check(const lp_plan_options *options, lightpose_error *error) {
    if (options->width < LP_STRIDE || options->height < LP_STRIDE || options->width % LP_STRIDE ||
        options->height % LP_STRIDE)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "network input is %d x %d; sides are multiples of %d",
                       options->width, options->height, LP_STRIDE);
    if (options->stages < 1 || options->stages > 2)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "stages is %d; the network has 1 or 2", options->stages);
    if (options->threads < 1)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "threads is %d; at least 1", options->threads);
    return LIGHTPOSE_OK;
}

static lightpose_status place(lp_plan *plan, lightpose_error *error) {
    int order[LP_PLAN_TENSORS];

    for (int i = 0; i < plan->step_count; i++)
        if (lp_align(plan->steps[i].instance.scratch_bytes) > plan->scratch_bytes)
            plan->scratch_bytes = lp_align(plan->steps[i].instance.scratch_bytes);
    plan->arena_bytes = lp_arena_layout(plan->buffers, plan->buffer_count, order);
    plan->arena = lp_calloc(1, plan->arena_bytes);
    plan->scratch = lp_calloc((size_t)plan->options.threads, plan->scratch_bytes);
    if (plan->arena && plan->scratch)
        return LIGHTPOSE_OK;
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY,
                   "no memory for the network's tensors at %d x %d: %zu bytes, and %zu for each of %d threads",
                   plan->options.width, plan->options.height, plan->arena_bytes, plan->scratch_bytes,
                   plan->options.threads);
}

lightpose_status lp_plan_create(lp_plan **out, lp_net *net, const lp_plan_options *options, lightpose_error *error) {
    *out = NULL;
    LP_TRY(check(options, error));
    lp_plan *plan = lp_calloc(1, sizeof *plan);
    if (!plan)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a plan");
    plan->net = net;
    plan->options = *options;
    lightpose_status status = lp_build(plan, error);
    if (status == LIGHTPOSE_OK)
        status = place(plan, error);
    if (status != LIGHTPOSE_OK) {
        lp_plan_destroy(&plan);
        return status;
    }
    *out = plan;
    return LIGHTPOSE_OK;
}

void lp_plan_destroy(lp_plan **plan) {
    if (!*plan)
        return;
    for (int i = 0; i < (*plan)->step_count; i++)
        lp_op_destroy(&(*plan)->steps[i].instance);
    lp_free((*plan)->arena);
    lp_free((*plan)->scratch);
    lp_free(*plan);
    *plan = NULL;
}

lp_net_input lp_plan_input(const lp_plan *plan) {
    return (lp_net_input){.element = plan->tensors[0].element,
                          .data = lp_tensor_data(plan, 0),
                          .stride = (ptrdiff_t)lp_tensor_row_bytes(&plan->tensors[0])};
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

typedef struct step_job {
    const lp_plan *plan;
    const lp_step *step;
    lp_op_tensors tensors;
    _Atomic int status; /* lightpose_status: a failure of any unit */
} step_job;

static void run_units(void *argument, int begin, int end, int thread) {
    step_job *const job = argument;
    uint8_t *const scratch = job->plan->scratch + (size_t)thread * job->plan->scratch_bytes;
    const lp_op_instance *const instance = &job->step->instance;
    const lightpose_status status = instance->op->run(instance->data, &job->tensors, begin, end, scratch);

    if (status != LIGHTPOSE_OK)
        atomic_store(&job->status, (int)status);
}

lightpose_status lp_plan_run_step(lp_plan *plan, lp_team *team, int at, lightpose_error *error) {
    const lp_step *const step = &plan->steps[at];
    step_job job = {.plan = plan,
                    .step = step,
                    .tensors = {.src = lp_tensor_data(plan, step->src),
                                .added = step->added < 0 ? NULL : lp_tensor_data(plan, step->added),
                                .dst = lp_tensor_data(plan, step->dst) + step->offset}};

    lp_team_share(team, step->instance.units, run_units, &job);
    if (job.status != LIGHTPOSE_OK)
        return lp_fail(error, (lightpose_status)job.status, "%s cannot run layer %s", step->instance.op->name,
                       step->layer->name);
    return LIGHTPOSE_OK;
}

static lp_map_view view(const lp_plan *plan, int tensor) {
    return (lp_map_view){.data = (const float *)(const void *)lp_tensor_data(plan, tensor),
                         .channel_stride = 1,
                         .cell_stride = plan->tensors[tensor].channels};
}

lightpose_status lp_plan_run(lp_plan *plan, lp_team *team, lp_maps *maps, lightpose_error *error) {
    for (int i = 0; i < plan->step_count; i++)
        LP_TRY(lp_plan_run_step(plan, team, i, error));
    maps->width = plan->options.width / LP_STRIDE;
    maps->height = plan->options.height / LP_STRIDE;
    maps->heatmaps = view(plan, plan->heatmaps);
    maps->pafs = view(plan, plan->pafs);
    return LIGHTPOSE_OK;
}

/* ---- Inspection -------------------------------------------------------------------------------------------------- */

int lp_plan_steps(const lp_plan *plan) {
    return plan->step_count;
}

void lp_plan_step_info(const lp_plan *plan, int at, lp_step_info *info) {
    const lp_step *const step = &plan->steps[at];

    *info = (lp_step_info){.name = step->layer->name, .implementation = step->instance.kernel, .macs = step->macs};
    info->reference = strncmp(info->implementation, "ref", 3) == 0; /* oneDNN's name; ours begin with lightpose: */
}

size_t lp_plan_arena_bytes(const lp_plan *plan) {
    return plan->arena_bytes;
}

/* Searches the newest first, so that a sum is found before the tensor that it overwrites. */
static int find_tensor(const lp_plan *plan, const char *name) {
    int at = plan->tensor_count - 1;

    while (at >= 0 && strcmp(plan->tensors[at].name, name) != 0)
        at--;
    return at;
}

int lp_plan_tensor(const lp_plan *plan, const char *name, lp_tensor_view *tensor) {
    const int at = find_tensor(plan, name);

    if (at < 0)
        return 0;
    const lp_plan_tensor_entry *const entry = &plan->tensors[at];
    tensor->data = lp_tensor_data(plan, at);
    tensor->cell_stride = entry->channels;
    tensor->row_stride = (ptrdiff_t)entry->width * entry->channels;
    tensor->channels = entry->channels == LP_CONCAT_CHANNELS ? 185 : entry->channels;
    tensor->height = entry->height;
    tensor->width = entry->width;
    lp_quantisation_of(lp_net_graph(plan->net), name, entry->element == LP_F32, &tensor->quant);
    return 1;
}

float lp_tensor_value(const lp_tensor_view *tensor, int channel, int y, int x) {
    const ptrdiff_t at = y * tensor->row_stride + x * tensor->cell_stride + channel;
    const float scale = tensor->quant.scale[channel];

    if (tensor->quant.element == LP_F32)
        return scale * ((const float *)tensor->data)[at];
    if (tensor->quant.element == LP_U8)
        return scale * (float)(((const uint8_t *)tensor->data)[at] - tensor->quant.zero[channel]);
    const uint32_t bits = (uint32_t)((const uint16_t *)tensor->data)[at] << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return scale * value;
}
