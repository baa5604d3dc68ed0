/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/depthwise.h"

#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/depthwise_kernel.h"

/* Weights and floats in the kernel's order, in blocks of channels. */
typedef struct depthwise_weights {
    const lp_dw_kernel *kernel;
    int channels, blocks;
    int8_t *weights;
    float *scale, *bias, *gain;
    int32_t *start;
    uint8_t *outside; /* one cell */
} depthwise_weights;

typedef struct depthwise {
    const depthwise_weights *packed;
    int height, width, out_width, stride, dilation, elu;
    float shift;
} depthwise;

/* ---- Plain C ----------------------------------------------------------------------------------------------------- */

enum { PLAIN_BLOCK = 16 };

static void plain_place(int channel, int tap, int *at_weight, int *at_float) {
    *at_float = channel;
    *at_weight = tap * PLAIN_BLOCK + channel;
}

static uint8_t plain_output(const lp_dw_row *row, int channel, int32_t sum) {
    float value = (float)sum * row->scale[channel] + row->bias[channel];

    if (row->elu)
        value = (value > 0 ? value : expm1f(value)) * row->gain[channel] + row->shift;
    return (uint8_t)lrintf(fminf(fmaxf(value, 0), 255));
}

static void plain_run(const lp_dw_row *row) {
    const int16_t *const weights = (const int16_t *)row->weights;

    for (int x = 0; x < row->width; x++) {
        int32_t sums[PLAIN_BLOCK] = {0};
        for (int tap = 0; tap < 9; tap++) {
            const uint8_t *const cell = lp_dw_cell(row, tap / 3, x * row->stride + (tap % 3 - 1) * row->dilation);
            for (int c = 0; c < row->channels; c++)
                sums[c] += cell[c] * weights[tap * PLAIN_BLOCK + c];
        }
        for (int c = 0; c < row->channels; c++)
            row->target[x * row->target_step + c] = plain_output(row, c, sums[c]);
    }
}

const lp_dw_kernel lp_dw_plain = {.name = "lightpose:dw:c",
                                  .block = PLAIN_BLOCK,
                                  .taps = 9,
                                  .weight_bytes = 2,
                                  .place = plain_place,
                                  .run = plain_run};

/* ---- Choice and packing ------------------------------------------------------------------------------------------ */

/* The best first. Blocks that the channels do not fill need a kernel that can mask (the one of 64 channels, or plain
 * C). */
static const lp_dw_kernel *const kernels[] = {
#if defined(__x86_64__)
    &lp_dw_avx512_vnni, &lp_dw_avx_vnni, &lp_dw_avx2,
#elif defined(__aarch64__)
    &lp_dw_neon_i8mm, &lp_dw_neon_dotprod, &lp_dw_neon,
#endif
    &lp_dw_plain};

static const lp_dw_kernel *choose(unsigned features, int channels) {
    const lp_dw_kernel *const *kernel = kernels;

    while (*kernel != &lp_dw_plain && !(lp_cpu_has_all(features, (*kernel)->features) &&
                                        ((*kernel)->block == 64 || channels % (*kernel)->block == 0)))
        kernel++;
    return *kernel;
}

static void fill(depthwise_weights *dw, const lp_op_layer *layer, const int8_t *weights) {
    const lp_conv_spec *const spec = layer->spec;
    const lp_dw_kernel *const kernel = dw->kernel;

    memset(dw->outside, layer->zero, (size_t)(dw->blocks * kernel->block));
    for (int c = 0; c < spec->out; c++) {
        const int block = c / kernel->block;
        int at_weight, at_float = 0, sum = 0;
        for (int tap = 0; tap < 9; tap++) {
            kernel->place(c % kernel->block, tap, &at_weight, &at_float);
            const size_t at = (size_t)block * (size_t)(kernel->taps * kernel->block) + (size_t)at_weight;
            if (kernel->weight_bytes == 2)
                ((int16_t *)dw->weights)[at] = weights[c * 9 + tap];
            else
                dw->weights[at] = weights[c * 9 + tap];
            sum += weights[c * 9 + tap];
        }
        at_float += block * kernel->block;
        dw->start[at_float] = kernel->offset * sum;
        dw->scale[at_float] = spec->scales[c];
        dw->bias[at_float] = layer->bias[c];
        dw->gain[at_float] = spec->gains ? spec->gains[c] : spec->gain;
    }
}

static void clear_packed(void *packed) {
    depthwise_weights *const dw = packed;

    lp_free(dw->weights);
    lp_free(dw->scale);
    lp_free(dw->bias);
    lp_free(dw->gain);
    lp_free(dw->start);
    lp_free(dw->outside);
}

static lightpose_status pack(void *packed, const lp_op_layer *layer, const void *weights, lightpose_error *error) {
    depthwise_weights *const dw = packed;
    (void)error;

    dw->kernel = choose(layer->features, layer->spec->out);
    dw->channels = layer->spec->out;
    dw->blocks = (dw->channels + dw->kernel->block - 1) / dw->kernel->block;
    const size_t floats = (size_t)dw->blocks * (size_t)dw->kernel->block;
    dw->weights = lp_calloc(floats * (size_t)dw->kernel->taps, (size_t)dw->kernel->weight_bytes);
    dw->scale = lp_calloc(floats, sizeof(float));
    dw->bias = lp_calloc(floats, sizeof(float));
    dw->gain = lp_calloc(floats, sizeof(float));
    dw->start = lp_calloc(floats, sizeof(int32_t));
    dw->outside = lp_calloc(floats, 1);
    if (!dw->weights || !dw->scale || !dw->bias || !dw->gain || !dw->start || !dw->outside)
        return LIGHTPOSE_ERROR_MEMORY;
    fill(dw, layer, weights);
    return LIGHTPOSE_OK;
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

static void run_row(const depthwise *dw, const uint8_t *src, uint8_t *dst, int y, int block) {
    const depthwise_weights *const packed = dw->packed;
    const lp_dw_kernel *const kernel = packed->kernel;
    const int first = block * kernel->block, left = packed->channels - first;
    lp_dw_row row = {.outside = packed->outside,
                     .target = dst + (size_t)y * (size_t)dw->out_width * (size_t)packed->channels + first,
                     .target_step = packed->channels,
                     .source_width = dw->width,
                     .width = dw->out_width,
                     .stride = dw->stride,
                     .dilation = dw->dilation,
                     .channels = left < kernel->block ? left : kernel->block,
                     .weights = packed->weights + (size_t)first * (size_t)(kernel->taps * kernel->weight_bytes),
                     .scale = packed->scale + first,
                     .bias = packed->bias + first,
                     .gain = packed->gain + first,
                     .start = packed->start + first,
                     .shift = dw->shift,
                     .elu = dw->elu};

    for (int r = 0; r < 3; r++) {
        const int at = y * dw->stride + (r - 1) * dw->dilation, inside = at >= 0 && at < dw->height;
        row.rows[r] =
            inside ? src + (size_t)at * (size_t)dw->width * (size_t)packed->channels + first : packed->outside;
        row.steps[r] = inside ? packed->channels : 0;
    }
    kernel->run(&row);
}

/* ---- Operator ---------------------------------------------------------------------------------------------------- */

static int takes(const lp_conv_spec *spec, unsigned features) {
    (void)features;
    return spec->depthwise && spec->kernel == 3 && spec->src == LP_U8 && spec->dst == LP_U8 && spec->sum == 0 &&
           spec->activation != LP_RELU;
}

static lightpose_status run(const void *data, const lp_op_tensors *tensors, int begin, int end, void *scratch) {
    const depthwise *const dw = data;
    (void)scratch;

    for (int y = begin; y < end; y++)
        for (int block = 0; block < dw->packed->blocks; block++)
            run_row(dw, tensors->src, tensors->dst, y, block);
    return LIGHTPOSE_OK;
}

static lightpose_status create(lp_op_instance *made, const lp_op_layer *layer, const void *packed,
                               lightpose_error *error) {
    const lp_conv_spec *const spec = layer->spec;
    (void)error;

    *(depthwise *)made->data = (depthwise){.packed = packed,
                                           .height = spec->height,
                                           .width = spec->width,
                                           .out_width = lp_conv_out_width(spec),
                                           .stride = spec->stride,
                                           .dilation = spec->dilation,
                                           .elu = spec->activation == LP_ELU,
                                           .shift = spec->shift};
    made->kernel = ((const depthwise_weights *)packed)->kernel->name;
    made->units = lp_conv_out_height(spec);
    return LIGHTPOSE_OK;
}

const lp_operator lp_op_depthwise = {.name = "depthwise",
                                     .packed_size = sizeof(depthwise_weights),
                                     .data_size = sizeof(depthwise),
                                     .takes = takes,
                                     .pack = pack,
                                     .clear_packed = clear_packed,
                                     .create = create,
                                     .run = run};
