/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/plan.h"

#include <string.h>

#include "base/mem.h"
#include "image/geometry.h"
#include "net/build.h"
#include "net/move.h"

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
    int order[LP_PLAN_BUFFERS];

    plan->arena_bytes = lp_arena_layout(plan->buffers, plan->buffer_count, order);
    plan->arena = lp_calloc(1, plan->arena_bytes);
    if (!plan->arena)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the network's tensors at %d x %d: %zu bytes",
                       plan->options.width, plan->options.height, plan->arena_bytes);
    for (int i = 0; i < plan->tensor_count; i++) {
        const lp_plan_tensor_entry *const tensor = &plan->tensors[i];
        if (tensor->border[0])
            memset(plan->arena + plan->buffers[tensor->buffer].offset, tensor->zero,
                   plan->buffers[tensor->buffer].size);
    }
    return LIGHTPOSE_OK;
}

/* Where the convolution starts to read or write: at its border. */
static void *base(const lp_plan *plan, int tensor) {
    return plan->arena + plan->buffers[plan->tensors[tensor].buffer].offset;
}

static lightpose_status bind(lp_plan *plan, lightpose_error *error) {
    for (int i = 0; i < plan->step_count; i++) {
        lp_step *const step = &plan->steps[i];
        if (step->kind != LP_STEP_CONV)
            continue;
        void *const scratch = step->scratch < 0 ? NULL : plan->arena + plan->buffers[step->scratch].offset;
        LP_TRY(lp_conv_bind(step->conv, plan->dnn, step->packed, step->numbers->bias, base(plan, step->src[0]),
                            base(plan, step->dst), scratch, error));
    }
    return LIGHTPOSE_OK;
}

lightpose_status lp_plan_create(lp_plan **out, lp_net *net, const lp_plan_options *options, lightpose_error *error) {
    *out = NULL;
    LP_TRY(check(options, error));
    lp_plan *plan = lp_calloc(1, sizeof *plan);
    if (!plan)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a plan");
    plan->net = net;
    plan->options = *options;
    lightpose_status status = lp_dnn_create(&plan->dnn, error);
    if (status == LIGHTPOSE_OK)
        status = lp_build(plan, error);
    if (status == LIGHTPOSE_OK)
        status = place(plan, error);
    if (status == LIGHTPOSE_OK)
        status = bind(plan, error);
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
    for (int i = 0; i < (*plan)->step_count; i++) {
        lp_conv_destroy(&(*plan)->steps[i].conv);
        lp_depthwise_destroy(&(*plan)->steps[i].depthwise);
    }
    lp_dnn_destroy(&(*plan)->dnn);
    lp_free((*plan)->arena);
    lp_free(*plan);
    *plan = NULL;
}

lp_net_input lp_plan_input(const lp_plan *plan) {
    const lp_plan_tensor_entry *const tensor = &plan->tensors[0];

    return (lp_net_input){.element = tensor->element,
                          .data = lp_tensor_data(plan, tensor),
                          .stride = (ptrdiff_t)lp_tensor_stride(tensor)};
}

static void run_winograd(lp_plan *plan, const lp_step *step) {
    const lp_plan_tensor_entry *const target = &plan->tensors[step->dst];
    const int adds = step->layer->add && strcmp(target->name, step->layer->sum) == 0;

    lp_winograd_run(&step->winograd, lp_tensor_data(plan, &plan->tensors[step->src[0]]),
                    adds ? lp_tensor_data(plan, &plan->tensors[step->src[1]]) : NULL, lp_tensor_data(plan, target),
                    plan->arena + plan->buffers[step->scratch].offset);
}

static void run_pointwise(lp_plan *plan, const lp_step *step) {
    const void *const added = step->layer->add ? lp_tensor_data(plan, &plan->tensors[step->src[1]]) : NULL;

    lp_pointwise_run(&step->pointwise, lp_tensor_data(plan, &plan->tensors[step->src[0]]), added,
                     lp_tensor_data(plan, &plan->tensors[step->dst]));
}

static void run_concat(lp_plan *plan, const lp_step *step) {
    const lp_plan_tensor_entry *const target = &plan->tensors[step->dst];
    const size_t element = lp_element_bytes(target->element);
    const uint8_t *sources[LP_CONCAT_INPUTS];
    size_t bytes[LP_CONCAT_INPUTS];

    for (int i = 0; i < LP_CONCAT_INPUTS; i++) {
        sources[i] = lp_tensor_data(plan, &plan->tensors[step->src[i]]);
        bytes[i] = (size_t)plan->tensors[step->src[i]].channels * element;
    }
    lp_interleave(lp_tensor_data(plan, target), (size_t)target->channels * element, sources, bytes, LP_CONCAT_INPUTS,
                  (size_t)target->height * (size_t)target->width, plan->options.threads);
}

static void run_copy(lp_plan *plan, const lp_step *step) {
    const lp_plan_tensor_entry *const source = &plan->tensors[step->src[0]], *const target = &plan->tensors[step->dst];

    lp_copy_rows(lp_tensor_data(plan, target), lp_tensor_stride(target), lp_tensor_data(plan, source),
                 lp_tensor_stride(source), target->height, plan->options.threads);
}

static void run_patches(lp_plan *plan, const lp_step *step) {
    const lp_plan_tensor_entry *const source = &plan->tensors[step->src[0]], *const target = &plan->tensors[step->dst];
    const lp_patch_source from = {.data = base(plan, step->src[0]),
                                  .stride = lp_tensor_stride(source),
                                  .bytes = source->channels,
                                  .kernel = step->layer->kernel,
                                  .step = step->layer->stride};

    lp_patches(lp_tensor_data(plan, target), (size_t)target->channels, &from, target->height, target->width,
               plan->options.threads);
}

static void run_add(lp_plan *plan, const lp_step *step) {
    const lp_plan_tensor_entry *const target = &plan->tensors[step->dst];

    lp_add((float *)lp_tensor_data(plan, target), (const float *)lp_tensor_data(plan, &plan->tensors[step->src[0]]),
           (const float *)lp_tensor_data(plan, &plan->tensors[step->src[1]]),
           (size_t)target->height * (size_t)target->width * (size_t)target->channels, plan->options.threads);
}

lightpose_status lp_plan_run_step(lp_plan *plan, int at, lightpose_error *error) {
    const lp_step *const step = &plan->steps[at];

    switch (step->kind) {
    case LP_STEP_CONV:
        return lp_conv_run(step->conv, plan->dnn, error);
    case LP_STEP_DEPTHWISE:
        lp_depthwise_run(step->depthwise, lp_tensor_data(plan, &plan->tensors[step->src[0]]),
                         lp_tensor_data(plan, &plan->tensors[step->dst]), plan->options.threads);
        return LIGHTPOSE_OK;
    case LP_STEP_WINOGRAD:
        run_winograd(plan, step);
        return LIGHTPOSE_OK;
    case LP_STEP_POINTWISE:
        run_pointwise(plan, step);
        return LIGHTPOSE_OK;
    case LP_STEP_CONCAT:
        run_concat(plan, step);
        return LIGHTPOSE_OK;
    case LP_STEP_COPY:
        run_copy(plan, step);
        return LIGHTPOSE_OK;
    case LP_STEP_PATCHES:
        run_patches(plan, step);
        return LIGHTPOSE_OK;
    case LP_STEP_ADD:
        run_add(plan, step);
        return LIGHTPOSE_OK;
    }
    return LIGHTPOSE_OK;
}

static lp_map_view view(const lp_plan *plan, const char *name) {
    const lp_plan_tensor_entry *const tensor = &plan->tensors[lp_find_tensor(plan, name)];

    return (lp_map_view){
        .data = (const float *)lp_tensor_data(plan, tensor), .channel_stride = 1, .cell_stride = tensor->channels};
}

lightpose_status lp_plan_run(lp_plan *plan, lp_maps *maps, lightpose_error *error) {
    for (int i = 0; i < plan->step_count; i++)
        LP_TRY(lp_plan_run_step(plan, i, error));
    maps->width = plan->options.width / LP_STRIDE;
    maps->height = plan->options.height / LP_STRIDE;
    maps->heatmaps = view(plan, lp_arch_heatmaps(plan->options.stages));
    maps->pafs = view(plan, lp_arch_pafs(plan->options.stages));
    return LIGHTPOSE_OK;
}

int lp_plan_steps(const lp_plan *plan) {
    return plan->step_count;
}

void lp_plan_step_info(const lp_plan *plan, int at, lp_step_info *info) {
    static const char *const own[] = {[LP_STEP_ADD] = "lightpose:add",
                                      [LP_STEP_CONCAT] = "lightpose:concat",
                                      [LP_STEP_COPY] = "lightpose:copy",
                                      [LP_STEP_PATCHES] = "lightpose:patches"};
    const lp_step *const step = &plan->steps[at];
    const lp_plan_tensor_entry *const target = &plan->tensors[step->dst];
    const lp_layer *const layer = step->layer;

    *info = (lp_step_info){.name = layer->name, .implementation = own[step->kind]};
    if (step->conv) {
        info->implementation = lp_conv_implementation(step->conv);
        info->reference = lp_conv_is_reference(step->conv);
    } else if (step->depthwise) {
        info->implementation = lp_depthwise_implementation(step->depthwise);
    } else if (step->kind == LP_STEP_WINOGRAD) {
        info->implementation = lp_winograd_implementation(step->winograd.weights);
    } else if (step->kind == LP_STEP_POINTWISE) {
        info->implementation = lp_pointwise_implementation(step->pointwise.weights);
    } else {
        return;
    }
    info->macs = (int64_t)target->height * target->width * layer->out * layer->kernel * layer->kernel *
                 (layer->kind == LP_DEPTHWISE ? 1 : layer->in);
}

size_t lp_plan_arena_bytes(const lp_plan *plan) {
    return plan->arena_bytes;
}

int lp_plan_tensor(const lp_plan *plan, const char *name, lp_tensor_view *tensor) {
    const int at = lp_find_tensor(plan, name);

    if (at < 0)
        return 0;
    const lp_plan_tensor_entry *const entry = &plan->tensors[at];
    tensor->data = lp_tensor_data(plan, entry);
    tensor->cell_stride = entry->channels;
    tensor->row_stride = (ptrdiff_t)(lp_tensor_stride(entry) / lp_element_bytes(entry->element));
    tensor->channels = entry->channels == LP_CONCAT_CHANNELS ? 185 : entry->channels;
    tensor->height = entry->height;
    tensor->width = entry->width;
    lp_code_of(lp_net_scheme(plan->net), name, entry->element == LP_F32, &tensor->code);
    return 1;
}

float lp_tensor_value(const lp_tensor_view *tensor, int channel, int y, int x) {
    const ptrdiff_t at = y * tensor->row_stride + x * tensor->cell_stride + channel;
    const float scale = tensor->code.scale[channel];

    if (tensor->code.element == LP_F32)
        return scale * ((const float *)tensor->data)[at];
    if (tensor->code.element == LP_U8)
        return scale * (float)(((const uint8_t *)tensor->data)[at] - tensor->code.zero[channel]);
    const uint32_t bits = (uint32_t)((const uint16_t *)tensor->data)[at] << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return scale * value;
}
