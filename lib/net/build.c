/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Builds the steps from the table of layers. Each convolution is one step, with everything that follows it fused, run
 * by the first operator that takes it. Concatenations are steps that copy. */

#include "net/build.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "image/element.h"
#include "net/copy.h"

enum { BEFORE_FIRST = -1, AFTER_LAST = INT_MAX };

size_t lp_tensor_row_bytes(const lp_plan_tensor_entry *tensor) {
    return (size_t)tensor->width * (size_t)tensor->channels * lp_element_size(tensor->element);
}

uint8_t *lp_tensor_data(const lp_plan *plan, int tensor) {
    return plan->arena + plan->buffers[plan->tensors[tensor].buffer].offset;
}

static int tensor_of(const lp_plan *plan, int row) {
    return plan->row_tensors[row + 1];
}

static int append_tensor(lp_plan *plan, const lp_plan_tensor_entry *tensor) {
    plan->tensors[plan->tensor_count] = *tensor;
    return plan->tensor_count++;
}

/* Adds a tensor with its own buffer, written by the next step. */
static int add_tensor(lp_plan *plan, lp_plan_tensor_entry tensor) {
    const int kept = plan->options.keep_tensors;

    plan->buffers[plan->buffer_count] = (lp_buffer){.size = (size_t)tensor.height * lp_tensor_row_bytes(&tensor),
                                                    .first = kept ? BEFORE_FIRST : plan->step_count,
                                                    .last = kept ? AFTER_LAST : plan->step_count};
    tensor.buffer = plan->buffer_count++;
    return append_tensor(plan, &tensor);
}

static void keep_forever(lp_plan *plan, int tensor) {
    lp_buffer *const buffer = &plan->buffers[plan->tensors[tensor].buffer];

    buffer->first = BEFORE_FIRST;
    buffer->last = AFTER_LAST;
}

/* Appends a step and extends the lifetime of the tensors that it reads and writes. */
static void add_step(lp_plan *plan, const lp_step *step) {
    const int used[] = {step->src, step->added, step->dst};

    for (int i = 0; i < 3; i++) {
        lp_buffer *const buffer = used[i] < 0 ? NULL : &plan->buffers[plan->tensors[used[i]].buffer];
        if (buffer && buffer->last < plan->step_count)
            buffer->last = plan->step_count;
    }
    plan->steps[plan->step_count++] = *step;
}

/* The padding that keeps or halves the size: top, left, bottom, right, without cells that stride 2 does not read. */
static void padding(const lp_layer *layer, int height, int width, int pad[4]) {
    const int reach = layer->dilation * (layer->kernel - 1), before = reach / 2;
    const int rows = (height + 2 * before - reach - 1) / layer->stride;
    const int columns = (width + 2 * before - reach - 1) / layer->stride;

    pad[0] = pad[1] = before;
    pad[2] = rows * layer->stride + reach + 1 - height - before;
    pad[3] = columns * layer->stride + reach + 1 - width - before;
}

static int is_output(const lp_plan *plan, const lp_layer *layer) {
    return strcmp(layer->name, lp_arch_heatmaps(plan->options.stages)) == 0 ||
           strcmp(layer->name, lp_arch_pafs(plan->options.stages)) == 0;
}

/* Whether a row after `row` reads or adds the output of the row `source`. */
static int is_read_after(const lp_plan *plan, int row, int source) {
    const lp_graph *const graph = lp_net_graph(plan->net);

    for (int i = row + 1; i < graph->count; i++)
        if (graph->from[i] == source || graph->add[i] == source)
            return 1;
    return 0;
}

static lp_conv_spec describe(const lp_layer *layer, const lp_plan_tensor_entry *source,
                             const lp_requantisation *requant, lp_element target, int adds) {
    lp_conv_spec spec = {.name = layer->name,
                         .src = source->element,
                         .dst = target,
                         .height = source->height,
                         .width = source->width,
                         .in = requant->in,
                         .out = layer->out,
                         .kernel = layer->kernel,
                         .stride = layer->stride,
                         .dilation = layer->dilation,
                         .depthwise = layer->kind == LP_DEPTHWISE,
                         .scales = requant->scales,
                         .activation = requant->activation,
                         .gains = requant->gains,
                         .gain = requant->gain,
                         .shift = requant->shift,
                         .sum = adds ? requant->sum : 0};

    padding(layer, source->height, source->width, spec.pad);
    return spec;
}

/* Adds the tensor of a sum: in the buffer of the added tensor, or in a new one if that tensor is still needed. */
static int add_sum_tensor(lp_plan *plan, int row, lp_plan_tensor_entry tensor) {
    const lp_graph *const graph = lp_net_graph(plan->net);

    tensor.name = graph->rows[row].sum;
    if (plan->options.keep_tensors || is_read_after(plan, row, graph->add[row]))
        return add_tensor(plan, tensor);
    tensor.buffer = plan->tensors[tensor_of(plan, graph->add[row])].buffer;
    return append_tensor(plan, &tensor);
}

/* Adds the addition as a separate step, for plans that keep a layer's own output as well as its sum. */
static lightpose_status add_addition(lp_plan *plan, int row, int own, lightpose_error *error) {
    const lp_graph *const graph = lp_net_graph(plan->net);
    const lp_layer *const layer = &graph->rows[row];
    lp_plan_tensor_entry tensor = plan->tensors[own];
    lp_step step = {.layer = layer, .src = own, .added = tensor_of(plan, graph->add[row])};

    tensor.name = layer->sum;
    LP_TRY(lp_add_create(&step.instance, tensor.height, (size_t)tensor.width * (size_t)tensor.channels, error));
    step.dst = add_tensor(plan, tensor);
    add_step(plan, &step);
    plan->row_tensors[row + 1] = step.dst;
    return LIGHTPOSE_OK;
}

/* Creates the step's operator for the layer that its specification describes. */
static lightpose_status create_operator(lp_plan *plan, lp_step *step, int row, int last,
                                        const lp_requantisation *requant, lightpose_error *error) {
    const unsigned features = lp_net_graph(plan->net)->features;
    const int operator= lp_operator_choose(&step->spec, features);
    const lp_op_layer layer = {
        .spec = &step->spec, .bias = requant->bias, .zero = plan->tensors[step->src].zero, .features = features};
    const void *packed;

    LP_TRY(lp_net_packed(plan->net, row, last, operator, & layer, &packed, error));
    return lp_op_create(lp_operator_at(operator), &step->instance, &layer, packed, error);
}

static lightpose_status add_convolution(lp_plan *plan, int row, lightpose_error *error) {
    const lp_graph *const graph = lp_net_graph(plan->net);
    const lp_layer *const layer = &graph->rows[row];
    const int last = is_output(plan, layer);
    lp_step *const step = &plan->steps[plan->step_count]; /* operators may keep a pointer to its specification */
    const lp_requantisation *requant;
    lp_quantisation quant;

    LP_TRY(lp_net_requantisation(plan->net, row, last, &requant, error));
    lp_quantisation_of(graph, layer->sum ? layer->sum : layer->name, last, &quant);
    const int adds = layer->add && !(plan->options.keep_tensors && quant.element == LP_F32);
    *step = (lp_step){.layer = layer,
                      .src = tensor_of(plan, graph->from[row]),
                      .added = adds ? tensor_of(plan, graph->add[row]) : -1};
    step->spec = describe(layer, &plan->tensors[step->src], requant, quant.element, adds);
    LP_TRY(create_operator(plan, step, row, last, requant, error));
    const lp_plan_tensor_entry tensor = {.name = layer->name,
                                         .element = quant.element,
                                         .zero = quant.zero[0],
                                         .channels = layer->out,
                                         .height = lp_conv_out_height(&step->spec),
                                         .width = lp_conv_out_width(&step->spec)};
    step->macs = (int64_t)tensor.height * tensor.width * layer->out * layer->kernel * layer->kernel *
                 (layer->kind == LP_DEPTHWISE ? 1 : layer->in);
    step->dst = adds ? add_sum_tensor(plan, row, tensor) : add_tensor(plan, tensor);
    plan->row_tensors[row + 1] = step->dst;
    if (last)
        keep_forever(plan, step->dst);
    add_step(plan, step);
    return layer->add && !adds ? add_addition(plan, row, step->dst, error) : LIGHTPOSE_OK;
}

static lightpose_status add_concat(lp_plan *plan, int row, lightpose_error *error) {
    const lp_graph *const graph = lp_net_graph(plan->net);
    size_t offset = 0;
    int target = -1;

    for (int i = 0; i < LP_CONCAT_INPUTS; i++) {
        const int source = tensor_of(plan, lp_arch_find(graph->rows, graph->count, lp_arch_concat_inputs[i]));
        lp_plan_tensor_entry tensor = plan->tensors[source];
        const size_t element = lp_element_size(tensor.element), bytes = (size_t)tensor.channels * element;
        lp_step step = {.layer = &graph->rows[row], .src = source, .added = -1, .offset = offset};
        tensor.name = graph->rows[row].name;
        tensor.channels = LP_CONCAT_CHANNELS;
        tensor.zero = 0;
        if (target < 0)
            target = add_tensor(plan, tensor);
        step.dst = target;
        LP_TRY(lp_copy_create(&step.instance, tensor.height, tensor.width, bytes, LP_CONCAT_CHANNELS * element, error));
        add_step(plan, &step);
        offset += bytes;
    }
    keep_forever(plan, target); /* the padding channels are zero and are never written */
    plan->row_tensors[row + 1] = target;
    return LIGHTPOSE_OK;
}

static void add_input(lp_plan *plan) {
    const lp_graph *const graph = lp_net_graph(plan->net);
    lp_plan_tensor_entry tensor = {
        .name = "data", .channels = graph->rows[0].in, .height = plan->options.height, .width = plan->options.width};
    lp_quantisation quant;

    lp_quantisation_of(graph, tensor.name, 0, &quant);
    tensor.element = quant.element;
    tensor.zero = quant.zero[0];
    plan->row_tensors[0] = add_tensor(plan, tensor);
    plan->buffers[plan->tensors[0].buffer].first = BEFORE_FIRST;
}

lightpose_status lp_build(lp_plan *plan, lightpose_error *error) {
    const lp_graph *const graph = lp_net_graph(plan->net);

    add_input(plan);
    for (int row = 0; row < graph->count; row++) {
        if (graph->rows[row].kind == LP_CONCAT && plan->options.stages == 1)
            break;
        if (graph->rows[row].kind == LP_CONCAT)
            LP_TRY(add_concat(plan, row, error));
        else
            LP_TRY(add_convolution(plan, row, error));
    }
    plan->heatmaps = tensor_of(plan, lp_arch_find(graph->rows, graph->count, lp_arch_heatmaps(plan->options.stages)));
    plan->pafs = tensor_of(plan, lp_arch_find(graph->rows, graph->count, lp_arch_pafs(plan->options.stages)));
    return LIGHTPOSE_OK;
}
