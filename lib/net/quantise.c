/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* int8: with u = value / s_in + z_in the stored source and q = w * s_in / s_w the stored weight, a convolution's
 * accumulator is A = sum q u, and its real result s_w (A - z_in sum q) + bias. A source scale per channel is multiplied
 * into the weights before they are rounded, and a zero point of 128 goes into the bias, so the engine needs neither.
 * (The padding must then have the value of the zero point, which operators ensure.)
 *
 * Stored output = real result / s_out + z_out. For ReLU and linear layers the division goes into scales and bias, and
 * the saturation to 0..255 is the ReLU; after ELU it is a gain. */

#include "net/quantise.h"

#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"

static const lp_layer *find_layer(const lp_graph *graph, const char *tensor) {
    const int row = lp_arch_find(graph->rows, graph->count, tensor);
    return row < 0 ? NULL : &graph->rows[row];
}

int lp_needs_one_scale(const lp_graph *graph, const char *tensor) {
    for (int i = 0; i < graph->count; i++)
        if (graph->rows[i].add && (!strcmp(graph->rows[i].add, tensor) || !strcmp(graph->rows[i].sum, tensor)))
            return 1;
    return 0;
}

/* After ReLU, and sums of such. */
int lp_is_unsigned(const lp_graph *graph, const char *tensor) {
    const lp_layer *const layer = find_layer(graph, tensor);

    if (!layer || layer->activation != LP_RELU)
        return 0;
    return !layer->sum || strcmp(layer->sum, tensor) != 0 || lp_is_unsigned(graph, layer->add);
}

static void quantisation_from_range(const lp_graph *graph, const char *tensor, lp_quantisation *quant) {
    const int zero = lp_is_unsigned(graph, tensor) ? 0 : LP_SIGNED_ZERO;
    lp_range range;
    float widest = 0;

    if (!lp_weights_range(graph->weights, tensor, &range))
        return; /* the reader of the file has checked that int8 has all ranges */
    for (int c = 0; c < LP_MAX_CHANNELS; c++) {
        const int at = range.count == 1 ? 0 : c < range.count ? c : range.count - 1;
        quant->scale[c] = zero ? fmaxf(-range.low[at] / 128, range.high[at] / 127) : range.high[at] / 255;
        quant->zero[c] = (uint8_t)zero;
        widest = fmaxf(widest, quant->scale[c]);
    }
    if (lp_needs_one_scale(graph, tensor))
        for (int c = 0; c < LP_MAX_CHANNELS; c++)
            quant->scale[c] = widest;
}

/* Three tensors side by side, each with its own quantisation, then padding. */
static void quantisation_of_concat(const lp_graph *graph, lp_quantisation *quant) {
    lp_quantisation part;
    int at = 0;

    for (int i = 0; i < LP_CONCAT_INPUTS; i++) {
        const lp_layer *const layer = find_layer(graph, lp_arch_concat_inputs[i]);
        lp_quantisation_of(graph, layer->name, 0, &part);
        for (int c = 0; c < layer->out; c++, at++) {
            quant->scale[at] = part.scale[c];
            quant->zero[at] = part.zero[c];
        }
    }
}

static int feeds(const lp_graph *graph, const char *tensor, const char *layer) {
    const lp_layer *const to = find_layer(graph, layer);
    return to && strcmp(tensor, to->from) == 0;
}

/* The tensors that int8 leaves in F32: those that only the heads of the last stage read. Where a keypoint is certain,
 * they have extreme values, which a range would clamp (figures: weights/README.md), and these layers are small. */
static int stays_float(const lp_graph *graph, const char *tensor) {
    return graph->precision == LIGHTPOSE_PRECISION_INT8 &&
           (feeds(graph, tensor, lp_arch_heatmaps(2)) || feeds(graph, tensor, lp_arch_pafs(2)));
}

void lp_quantisation_of(const lp_graph *graph, const char *tensor, int last, lp_quantisation *quant) {
    const int int8 = graph->precision == LIGHTPOSE_PRECISION_INT8, input = strcmp(tensor, "data") == 0;
    const lp_layer *const layer = find_layer(graph, tensor);

    quant->element = last || graph->precision == LIGHTPOSE_PRECISION_F32 || stays_float(graph, tensor) ? LP_F32
                     : int8                                                                            ? LP_U8
                                                                                                       : LP_BF16;
    for (int c = 0; c < LP_MAX_CHANNELS; c++) {
        quant->scale[c] = input ? lp_weights_input_scale(graph->weights) : 1;
        quant->zero[c] = input && int8 ? 128 : 0; /* pixels are stored as p - 128, or as p in unsigned bytes */
    }
    if (quant->element != LP_U8 || input)
        return;
    if (layer && layer->kind == LP_CONCAT)
        quantisation_of_concat(graph, quant);
    else
        quantisation_from_range(graph, tensor, quant);
}

static void scale_row(float *row, int in, int area, const float *scale) {
    if (area == 1)
        for (int i = 0; i < in; i++)
            row[i] *= scale[i];
    else
        for (int i = 0; i < in; i++)
            for (int k = 0; k < area; k++)
                row[i * area + k] *= scale[i];
}

/* The file's weights times the scale of each source channel; padding channels stay zero. */
static lightpose_status read_weights(const lp_graph *graph, const lp_layer *layer, const lp_quantisation *source,
                                     int in, float **weights, lightpose_error *error) {
    const int area = layer->kernel * layer->kernel;
    const int stored = layer->kind == LP_DEPTHWISE ? 1 : layer->in, wide = layer->kind == LP_DEPTHWISE ? 1 : in;
    float *const w = lp_calloc((size_t)layer->out * (size_t)wide, (size_t)area * sizeof(float));

    *weights = w;
    if (!w)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights of layer %s", layer->name);
    lp_weights_read_weight(graph->weights, layer, w);
    for (int o = layer->out - 1; o >= 0; o--) { /* from the end, because rows grow in place if there is padding */
        float *const row = w + (ptrdiff_t)o * wide * area;
        const size_t values = (size_t)stored * (size_t)area, all = (size_t)wide * (size_t)area;
        memmove(row, w + (ptrdiff_t)o * stored * area, values * sizeof *w);
        memset(row + values, 0, (all - values) * sizeof *w);
        scale_row(row, stored, area, source->scale + (layer->kind == LP_DEPTHWISE ? o : 0));
    }
    return LIGHTPOSE_OK;
}

int lp_greatest_weight(const lp_graph *graph, const lp_layer *layer) {
    return (graph->features & (LP_CPU_AVX2 | LP_CPU_NEON)) || strcmp(layer->from, "data") != 0 ? INT8_MAX : 64;
}

/* The scale of one output channel's weights. It is the file's own if the file holds int8 and all source channels have
 * one scale, so that weights are not rounded twice; otherwise it follows from their greatest magnitude. */
static float weights_scale(const lp_graph *graph, const lp_layer *layer, const lp_quantisation *source, int channel,
                           const float *weights, size_t count) {
    const float *stored;
    int common = 1;
    float most = 0;

    for (int i = 1; layer->kind != LP_DEPTHWISE && i < layer->in; i++)
        common &= source->scale[i] == source->scale[0];
    if (common && lp_greatest_weight(graph, layer) == INT8_MAX && lp_weights_int8(graph->weights, layer, &stored))
        return stored[channel] * source->scale[layer->kind == LP_DEPTHWISE ? channel : 0];
    for (size_t i = 0; i < count; i++)
        most = fmaxf(most, fabsf(weights[i]));
    return most > 0 ? most / (float)lp_greatest_weight(graph, layer) : 1;
}

/* Rounds to the nearest, half to even: the sum has no fractional bits. Quotients are at most 128. */
static void round_weights(const float *weights, size_t count, float scale, int8_t *rounded) {
    for (size_t i = 0; i < count; i++)
        rounded[i] = (int8_t)(int)((weights[i] / scale + 0x1.8p23f) - 0x1.8p23f);
}

/* Sum of q z_in over one output channel: the excess of the accumulator. At most 127 x 128 x 9 x 512, an int. */
static double excess(const lp_layer *layer, const lp_quantisation *source, int in, int channel, const int8_t *rounded) {
    const int area = layer->kernel * layer->kernel;
    const uint8_t *const zero = source->zero + (layer->kind == LP_DEPTHWISE ? channel : 0);
    int sum = 0;

    if (area == 1) /* most of the weights; the compiler vectorises this loop */
        for (int i = 0; i < in; i++)
            sum += rounded[i] * zero[i];
    else
        for (int i = 0; i < in; i++)
            for (int k = 0; k < area; k++)
                sum += rounded[i * area + k] * zero[i];
    return sum;
}

/* Rounds `weights` to int8 and completes the requantisation. */
static void quantise_int8(const lp_graph *graph, const lp_layer *layer, const lp_quantisation *source,
                          const lp_quantisation *target, lp_requantisation *requant, const float *weights,
                          int8_t *rounded) {
    const int in = layer->kind == LP_DEPTHWISE ? 1 : requant->in, area = layer->kernel * layer->kernel;
    const size_t row = (size_t)in * (size_t)area;
    const int folds = layer->activation != LP_ELU; /* ReLU and identity commute with a positive factor */
    lp_quantisation added = {0};

    if (layer->add)
        lp_quantisation_of(graph, layer->add, 0, &added);
    for (int o = 0; o < layer->out; o++) {
        const float scale = weights_scale(graph, layer, source, o, weights + (size_t)o * row, row);
        round_weights(weights + (size_t)o * row, row, scale, rounded + (size_t)o * row);
        const double shift = excess(layer, source, in, o, rounded + (size_t)o * row) * scale;
        const float divisor = folds ? target->scale[o] : 1;
        requant->scales[o] = scale / divisor;
        requant->bias[o] = (float)((requant->bias[o] - shift) / divisor);
        requant->gains[o] = 1 / target->scale[o];
    }
    const float sum = layer->add ? added.scale[0] / target->scale[0] : 0;
    requant->sum = sum;
    requant->shift = (float)target->zero[0] - (layer->add ? sum * (float)added.zero[0] : 0);
    requant->gain = folds ? 1 : requant->gains[0];
    int uniform = folds;
    for (int o = 0; !folds && o < layer->out && (uniform = requant->gains[o] == requant->gain); o++)
        ;
    if (uniform) {
        lp_free(requant->gains);
        requant->gains = NULL;
    }
    if (layer->activation == LP_RELU && !layer->add && requant->shift == 0 && target->element == LP_U8)
        requant->activation = LP_LINEAR; /* saturation to unsigned bytes is the ReLU */
    if (requant->activation == LP_LINEAR)
        for (int o = 0; o < layer->out; o++)
            requant->bias[o] += requant->shift;
    if (requant->activation == LP_LINEAR)
        requant->shift = 0;
}

/* The number of channels read, including padding. */
static int channels_in(const lp_graph *graph, const lp_layer *layer) {
    const lp_layer *const reads = find_layer(graph, layer->from);

    return reads && reads->kind == LP_CONCAT ? LP_CONCAT_CHANNELS : layer->in;
}

/* Rounds the weights; `requant` follows from them. */
static lightpose_status round_layer(const lp_graph *graph, const lp_layer *layer, const lp_quantisation *source,
                                    const lp_quantisation *target, lp_requantisation *requant, void **weights,
                                    lightpose_error *error) {
    const size_t values = (size_t)layer->out * (size_t)(layer->kind == LP_DEPTHWISE ? 1 : requant->in) *
                          (size_t)(layer->kernel * layer->kernel);
    float *plain;

    LP_TRY(read_weights(graph, layer, source, requant->in, &plain, error));
    *weights = lp_calloc(values, sizeof(int8_t));
    if (*weights)
        quantise_int8(graph, layer, source, target, requant, plain, *weights);
    lp_free(plain);
    return *weights ? LIGHTPOSE_OK
                    : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights of layer %s", layer->name);
}

lightpose_status lp_requantisation_create(const lp_graph *graph, const lp_layer *layer, int last,
                                          lp_requantisation *requant, void **weights, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;
    lp_quantisation source, target;

    *weights = NULL;
    *requant = (lp_requantisation){
        .in = channels_in(graph, layer), .activation = layer->activation, .gain = 1, .sum = layer->add ? 1 : 0};
    lp_quantisation_of(graph, layer->from, 0, &source);
    lp_quantisation_of(graph, layer->sum ? layer->sum : layer->name, last, &target);
    const int int8 = source.element == LP_U8;
    requant->bias = lp_calloc((size_t)layer->out, sizeof(float));
    requant->scales = int8 ? lp_calloc((size_t)layer->out, sizeof(float)) : NULL;
    requant->gains = int8 ? lp_calloc((size_t)layer->out, sizeof(float)) : NULL;
    if (!requant->bias || (int8 && (!requant->scales || !requant->gains))) {
        lp_requantisation_free(requant);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the bias of layer %s", layer->name);
    }
    lp_weights_read_bias(graph->weights, layer, requant->bias);
    if (int8)
        status = round_layer(graph, layer, &source, &target, requant, weights, error);
    if (status != LIGHTPOSE_OK)
        lp_requantisation_free(requant);
    return status;
}

lightpose_status lp_quantise_weights(const lp_graph *graph, const lp_layer *layer, void **weights,
                                     lightpose_error *error) {
    lp_requantisation requant;
    lp_quantisation source;
    float *plain;

    lp_quantisation_of(graph, layer->from, 0, &source);
    if (source.element == LP_U8) {
        LP_TRY(lp_requantisation_create(graph, layer, 0, &requant, weights, error));
        lp_requantisation_free(&requant);
        return LIGHTPOSE_OK;
    }
    const lightpose_status status = read_weights(graph, layer, &source, channels_in(graph, layer), &plain, error);
    *weights = plain;
    return status;
}

void lp_requantisation_free(lp_requantisation *requant) {
    lp_free(requant->bias);
    lp_free(requant->scales);
    lp_free(requant->gains);
    *requant = (lp_requantisation){0};
}
