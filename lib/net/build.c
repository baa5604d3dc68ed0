/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From the table of layers to steps. Each convolution runs with all that follows it fused; beside them stand the copies
 * that put tensors side by side (the concat) or inside a border, and additions where the engine cannot fuse one well.
 */

#include "net/build.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"

enum { BEFORE_FIRST = -1, AFTER_LAST = INT_MAX };

size_t lp_element_bytes(lp_element element) {
    return element == LP_F32 ? 4 : element == LP_BF16 ? 2 : 1;
}

static int full_width(const lp_plan_tensor_entry *tensor) {
    return tensor->border[1] + tensor->width + tensor->border[3];
}

size_t lp_tensor_stride(const lp_plan_tensor_entry *tensor) {
    return (size_t)full_width(tensor) * (size_t)tensor->channels * lp_element_bytes(tensor->element);
}

uint8_t *lp_tensor_data(const lp_plan *plan, const lp_plan_tensor_entry *tensor) {
    return plan->arena + plan->buffers[tensor->buffer].offset + (size_t)tensor->border[0] * lp_tensor_stride(tensor) +
           (size_t)tensor->border[1] * (size_t)tensor->channels * lp_element_bytes(tensor->element);
}

int lp_find_tensor(const lp_plan *plan, const char *name) {
    for (int i = plan->tensor_count - 1; i >= 0; i--) /* the newest first: what the next layer reads */
        if (strcmp(plan->tensors[i].name, name) == 0)
            return i;
    return -1;
}

static int add_buffer(lp_plan *plan, size_t size, int first, int last) {
    if (plan->options.keep_tensors) {
        first = BEFORE_FIRST;
        last = AFTER_LAST;
    }
    plan->buffers[plan->buffer_count] = (lp_buffer){.size = size, .first = first, .last = last};
    return plan->buffer_count++;
}

/* A tensor in a buffer of its own, written by the next step. */
static int add_tensor(lp_plan *plan, lp_plan_tensor_entry tensor) {
    const size_t rows = (size_t)(tensor.border[0] + tensor.height + tensor.border[2]);

    tensor.buffer = add_buffer(plan, rows * lp_tensor_stride(&tensor), plan->step_count, plan->step_count);
    plan->tensors[plan->tensor_count] = tensor;
    return plan->tensor_count++;
}

static void keep_forever(lp_plan *plan, int tensor) {
    lp_buffer *const buffer = &plan->buffers[plan->tensors[tensor].buffer];

    buffer->first = BEFORE_FIRST;
    buffer->last = AFTER_LAST;
}

/* Appends a step and prolongs the life of what it reads and writes. */
static lp_step *add_step(lp_plan *plan, lp_step step, int sources) {
    for (int i = 0; i <= sources; i++) {
        const int tensor = i < sources ? step.src[i] : step.dst;
        lp_buffer *const buffer = &plan->buffers[plan->tensors[tensor].buffer];
        if (buffer->last < plan->step_count)
            buffer->last = plan->step_count;
    }
    plan->steps[plan->step_count] = step;
    return &plan->steps[plan->step_count++];
}

/* Padding that keeps the size (or halves it), as top, left, bottom, right: what stride 2 leaves unread is none. */
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

/* Whether a layer after `row` reads the tensor, as its source or to add it. */
static int is_read_after(const lp_plan *plan, int row, const char *tensor) {
    const lp_scheme *const scheme = lp_net_scheme(plan->net);

    for (int i = row + 1; i < scheme->count; i++)
        if (strcmp(scheme->rows[i].from, tensor) == 0 ||
            (scheme->rows[i].add && strcmp(scheme->rows[i].add, tensor) == 0))
            return 1;
    return 0;
}

/* Where the engine would pad with byte 0 but the tensor's zero is another: a copy inside a border of that. */
static int with_border(lp_plan *plan, const lp_layer *layer, int source, const int pad[4]) {
    lp_plan_tensor_entry tensor = plan->tensors[source];

    memcpy(tensor.border, pad, sizeof tensor.border);
    const int target = add_tensor(plan, tensor);
    keep_forever(plan, target); /* the border is written once */
    add_step(plan, (lp_step){.kind = LP_STEP_COPY, .layer = layer, .src = {source}, .dst = target, .scratch = -1}, 1);
    return target;
}

static lp_conv_spec describe(const lp_layer *layer, const lp_plan_tensor_entry *source, const int pad[4],
                             const lp_numbers *numbers, lp_element target) {
    const int *const border = source->border;
    lp_conv_spec spec = {.name = layer->name,
                         .src = source->element,
                         .dst = target,
                         .height = border[0] + source->height + border[2],
                         .width = full_width(source),
                         .in = numbers->in,
                         .out = layer->out,
                         .kernel = layer->kernel,
                         .stride = layer->stride,
                         .dilation = layer->dilation,
                         .depthwise = layer->kind == LP_DEPTHWISE,
                         .scales = numbers->scales,
                         .activation = numbers->activation,
                         .gains = numbers->gains,
                         .gain = numbers->gain,
                         .shift = numbers->shift,
                         .sum = numbers->sum};

    for (int i = 0; i < 4; i++)
        spec.pad[i] = pad[i] - border[i];
    return spec;
}

/* Creates the convolution of `step`. In F32 the addition is fused only where oneDNN has fast code for it (and the
 * layer's own output need not be kept): sets *fused. */
static lightpose_status create_conv(lp_plan *plan, lp_step *step, lp_conv_spec *spec, int *fused,
                                    lightpose_error *error) {
    const int can_add_apart = spec->dst == LP_F32;

    *fused = spec->sum != 0 && !(can_add_apart && plan->options.keep_tensors);
    if (*fused) {
        LP_TRY(lp_conv_create(&step->conv, plan->dnn, spec, error));
        if (!can_add_apart || !lp_conv_is_reference(step->conv))
            return LIGHTPOSE_OK;
        lp_conv_destroy(&step->conv);
        *fused = 0;
    }
    spec->sum = 0;
    return lp_conv_create(&step->conv, plan->dnn, spec, error);
}

/* Where a sum is written: over the tensor that is added, or apart where that is still needed. */
static int sum_tensor(lp_plan *plan, int row, lp_plan_tensor_entry tensor) {
    const lp_layer *const layer = &lp_net_scheme(plan->net)->rows[row];

    tensor.name = layer->sum;
    if (plan->options.keep_tensors || is_read_after(plan, row, layer->add))
        return add_tensor(plan, tensor);
    tensor.buffer = plan->tensors[lp_find_tensor(plan, layer->add)].buffer;
    plan->tensors[plan->tensor_count] = tensor;
    return plan->tensor_count++;
}

/* The engine adds to what it overwrites: that needs a copy of what is added where sum_tensor gave another place. */
static void copy_addend(lp_plan *plan, const lp_layer *layer, int sum) {
    const int added = lp_find_tensor(plan, layer->add);

    if (plan->tensors[added].buffer != plan->tensors[sum].buffer)
        add_step(plan, (lp_step){.kind = LP_STEP_COPY, .layer = layer, .src = {added}, .dst = sum, .scratch = -1}, 1);
}

/* Bytes to bytes, nothing added: the layers our own kernel takes, zero points and all. */
static int is_own_depthwise(const lp_conv_spec *spec) {
    return spec->depthwise && spec->kernel == 3 && spec->src == LP_U8 && spec->dst == LP_U8 && spec->sum == 0 &&
           spec->activation != LP_RELU;
}

static lightpose_status add_depthwise(lp_plan *plan, lp_step step, const lp_conv_spec *spec,
                                      lp_plan_tensor_entry tensor, lightpose_error *error) {
    void *weights;

    LP_TRY(lp_net_weights(plan->net, step.row, &weights, error));
    step.kind = LP_STEP_DEPTHWISE;
    const lightpose_status status =
        lp_depthwise_create(&step.depthwise, spec, weights, step.numbers->bias, plan->tensors[step.src[0]].zero,
                            lp_net_scheme(plan->net)->features, error);
    lp_free(weights);
    if (status != LIGHTPOSE_OK)
        return status;
    step.dst = add_tensor(plan, tensor);
    add_step(plan, step, 1);
    return LIGHTPOSE_OK;
}

/* Where the engine does not fuse the addition: a step of its own, from what the last step wrote. */
static void add_addition(lp_plan *plan, const lp_layer *layer) {
    lp_step step = {.kind = LP_STEP_ADD, .layer = layer, .scratch = -1};

    step.src[0] = plan->steps[plan->step_count - 1].dst;
    step.src[1] = lp_find_tensor(plan, layer->add);
    lp_plan_tensor_entry sum = plan->tensors[step.src[0]];
    sum.name = layer->sum;
    step.dst = add_tensor(plan, sum);
    add_step(plan, step, 2);
}

static lightpose_status add_winograd(lp_plan *plan, lp_step step, const lp_conv_spec *spec, lp_plan_tensor_entry tensor,
                                     lightpose_error *error) {
    const int apart = plan->options.keep_tensors && spec->dst == LP_F32; /* the layer's own output is wanted too */
    const uint8_t outside = plan->tensors[step.src[0]].zero;

    step.kind = LP_STEP_WINOGRAD;
    step.winograd = (lp_winograd){.bias = step.numbers->bias,
                                  .height = spec->height,
                                  .width = spec->width,
                                  .dilation = spec->dilation,
                                  .relu = spec->activation == LP_RELU,
                                  .sum = spec->sum,
                                  .shift = spec->shift,
                                  .threads = plan->options.threads};
    LP_TRY(lp_net_winograd(plan->net, step.row, spec, outside, &step.winograd.weights, error));
    step.scratch = add_buffer(plan, lp_winograd_scratch_size(&step.winograd), plan->step_count, plan->step_count);
    if (!step.layer->add || apart) {
        step.dst = add_tensor(plan, tensor);
        add_step(plan, step, 1);
        if (step.layer->add)
            add_addition(plan, step.layer);
        return LIGHTPOSE_OK;
    }
    step.src[1] = lp_find_tensor(plan, step.layer->add);
    step.dst = sum_tensor(plan, step.row, tensor);
    add_step(plan, step, 2);
    return LIGHTPOSE_OK;
}

static lightpose_status add_pointwise(lp_plan *plan, lp_step step, const lp_conv_spec *spec,
                                      lp_plan_tensor_entry tensor, lightpose_error *error) {
    const int adds = step.layer->add != NULL;

    step.kind = LP_STEP_POINTWISE;
    step.pointwise = (lp_pointwise){.scales = step.numbers->scales,
                                    .bias = step.numbers->bias,
                                    .target = spec->dst,
                                    .cells = tensor.height * tensor.width,
                                    .relu = spec->activation == LP_RELU,
                                    .sum = spec->sum,
                                    .shift = spec->shift,
                                    .threads = plan->options.threads};
    LP_TRY(lp_net_pointwise(plan->net, step.row, spec, &step.pointwise.weights, error));
    if (adds)
        step.src[1] = lp_find_tensor(plan, step.layer->add);
    step.dst = adds ? sum_tensor(plan, step.row, tensor) : add_tensor(plan, tensor);
    if (step.last)
        keep_forever(plan, step.dst);
    add_step(plan, step, adds ? 2 : 1);
    return LIGHTPOSE_OK;
}

static lightpose_status add_dense(lp_plan *plan, lp_step step, lp_conv_spec *spec, lp_plan_tensor_entry tensor,
                                  lightpose_error *error) {
    int fused;

    LP_TRY(create_conv(plan, &step, spec, &fused, error));
    step.dst = fused ? sum_tensor(plan, step.row, tensor) : add_tensor(plan, tensor);
    if (fused)
        copy_addend(plan, step.layer, step.dst);
    if (step.last)
        keep_forever(plan, step.dst);
    const size_t scratch = lp_conv_scratch_size(step.conv);
    if (scratch > 0)
        step.scratch = add_buffer(plan, scratch, plan->step_count, plan->step_count);
    lp_step *const added = add_step(plan, step, 1);
    if (step.layer->add && !fused)
        add_addition(plan, step.layer);
    return lp_net_packed(plan->net, step.row, plan->dnn, step.conv, &added->packed, error);
}

/* A small kernel on few channels as a 1x1 one on all that it reads. The source has its border. */
static lightpose_status add_patches(lp_plan *plan, lp_step step, const lp_conv_spec *spec, lp_plan_tensor_entry tensor,
                                    lightpose_error *error) {
    const lp_plan_tensor_entry patches = {.name = "patches",
                                          .element = LP_U8,
                                          .channels = LP_POINTWISE_PATCH,
                                          .height = tensor.height,
                                          .width = tensor.width};
    lp_step gather = {.kind = LP_STEP_PATCHES, .layer = step.layer, .src = {step.src[0]}, .scratch = -1};

    gather.dst = add_tensor(plan, patches);
    add_step(plan, gather, 1);
    step.src[0] = gather.dst;
    return add_pointwise(plan, step, spec, tensor, error);
}

static lightpose_status add_convolution(lp_plan *plan, int row, lightpose_error *error) {
    const lp_scheme *const scheme = lp_net_scheme(plan->net);
    const lp_layer *const layer = &scheme->rows[row];
    lp_step step = {.kind = LP_STEP_CONV, .row = row, .last = is_output(plan, layer), .layer = layer, .scratch = -1};
    const int source = lp_find_tensor(plan, layer->from);
    int pad[4];
    lp_code code;

    LP_TRY(lp_net_numbers(plan->net, row, step.last, &step.numbers, error));
    lp_code_of(scheme, layer->sum ? layer->sum : layer->name, step.last, &code);
    padding(layer, plan->tensors[source].height, plan->tensors[source].width, pad);
    lp_conv_spec spec = describe(layer, &plan->tensors[source], pad, step.numbers, code.element);
    const lp_plan_tensor_entry tensor = {.name = layer->name,
                                         .element = code.element,
                                         .zero = code.zero[0],
                                         .channels = layer->out,
                                         .height = lp_conv_out_height(&spec),
                                         .width = lp_conv_out_width(&spec)};
    step.src[0] = source;
    if (is_own_depthwise(&spec))
        return add_depthwise(plan, step, &spec, tensor, error);
    if (lp_winograd_takes(&spec, scheme->features))
        return add_winograd(plan, step, &spec, tensor, error);
    if (lp_pointwise_takes(&spec, scheme->features))
        return add_pointwise(plan, step, &spec, tensor, error);
    if (plan->tensors[source].zero != 0 && layer->kernel > 1 && plan->tensors[source].border[0] == 0) {
        step.src[0] = with_border(plan, layer, source, pad);
        spec = describe(layer, &plan->tensors[step.src[0]], pad, step.numbers, code.element);
    }
    if (lp_pointwise_takes_patches(&spec, scheme->features))
        return add_patches(plan, step, &spec, tensor, error);
    return add_dense(plan, step, &spec, tensor, error);
}

static void add_concat(lp_plan *plan, const lp_layer *layer) {
    lp_step step = {.kind = LP_STEP_CONCAT, .layer = layer, .scratch = -1};

    for (int i = 0; i < LP_CONCAT_INPUTS; i++)
        step.src[i] = lp_find_tensor(plan, lp_arch_concat_inputs[i]);
    lp_plan_tensor_entry tensor = plan->tensors[step.src[0]];
    tensor.name = layer->name;
    tensor.channels = LP_CONCAT_CHANNELS;
    tensor.zero = 0;
    step.dst = add_tensor(plan, tensor);
    keep_forever(plan, step.dst); /* the padding channels are zero and never written */
    add_step(plan, step, LP_CONCAT_INPUTS);
}

static void add_input(lp_plan *plan) {
    const lp_scheme *const scheme = lp_net_scheme(plan->net);
    lp_plan_tensor_entry tensor = {
        .name = "data", .channels = scheme->rows[0].in, .height = plan->options.height, .width = plan->options.width};
    lp_code code;

    lp_code_of(scheme, tensor.name, 0, &code);
    tensor.element = code.element;
    tensor.zero = code.zero[0];
    if (tensor.zero != 0)
        padding(&scheme->rows[0], tensor.height, tensor.width, tensor.border);
    const int input = add_tensor(plan, tensor);
    plan->buffers[plan->tensors[input].buffer].first = BEFORE_FIRST;
    if (tensor.zero != 0)
        keep_forever(plan, input);
}

lightpose_status lp_build(lp_plan *plan, lightpose_error *error) {
    const lp_scheme *const scheme = lp_net_scheme(plan->net);

    add_input(plan);
    for (int row = 0; row < scheme->count; row++) {
        const lp_layer *const layer = &scheme->rows[row];
        if (layer->kind == LP_CONCAT && plan->options.stages == 1)
            break;
        if (layer->kind == LP_CONCAT)
            add_concat(plan, layer);
        else
            LP_TRY(add_convolution(plan, row, error));
    }
    return LIGHTPOSE_OK;
}
