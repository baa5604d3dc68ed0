/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/depthwise.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/threads.h"
#include "net/depthwise_kernel.h"
#include "net/quantise.h"

struct lp_depthwise {
    const lp_dw_kernel *kernel;
    int height, width, out_height, out_width, channels, stride, dilation, blocks;
    int elu;
    float shift;
    int8_t *weights;            /* block after block, in the kernel's order */
    float *scale, *bias, *gain; /* likewise */
    uint8_t *outside;           /* one cell */
};

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

/* The best first. Blocks that the channels do not fill are for the kernels that can mask (a block of 64, plain C). */
static const lp_dw_kernel *choose(unsigned features, int channels) {
    const lp_dw_kernel *const kernels[] = {&lp_dw_avx512_vnni, &lp_dw_avx2};

    for (int i = 0; i < 2; i++)
        if ((features & kernels[i]->features) == kernels[i]->features && (i == 0 || channels % kernels[i]->block == 0))
            return kernels[i];
    return &lp_dw_plain;
}

static void pack(lp_depthwise *dw, const lp_conv_spec *spec, const int8_t *weights, const float *bias) {
    const lp_dw_kernel *const kernel = dw->kernel;

    for (int c = 0; c < spec->out; c++) {
        const int block = c / kernel->block;
        int at_weight, at_float = 0;
        for (int tap = 0; tap < 9; tap++) {
            kernel->place(c % kernel->block, tap, &at_weight, &at_float);
            const size_t at = (size_t)block * (size_t)(kernel->taps * kernel->block) + (size_t)at_weight;
            if (kernel->weight_bytes == 2)
                ((int16_t *)dw->weights)[at] = weights[c * 9 + tap];
            else
                dw->weights[at] = weights[c * 9 + tap];
        }
        at_float += block * kernel->block;
        dw->scale[at_float] = spec->scales[c];
        dw->bias[at_float] = bias[c];
        dw->gain[at_float] = spec->gains ? spec->gains[c] : spec->gain;
    }
}

static lightpose_status allocate(lp_depthwise *dw, const char *name, lightpose_error *error) {
    const lp_dw_kernel *const kernel = dw->kernel;
    const size_t floats = (size_t)dw->blocks * (size_t)kernel->block;

    dw->weights = lp_calloc(floats * (size_t)kernel->taps, (size_t)kernel->weight_bytes);
    dw->scale = lp_calloc(floats, sizeof(float));
    dw->bias = lp_calloc(floats, sizeof(float));
    dw->gain = lp_calloc(floats, sizeof(float));
    dw->outside = lp_calloc(floats, 1);
    if (!dw->weights || !dw->scale || !dw->bias || !dw->gain || !dw->outside)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the weights of layer %s", name);
    return LIGHTPOSE_OK;
}

lightpose_status lp_depthwise_create(lp_depthwise **out, const lp_conv_spec *spec, const int8_t *weights,
                                     const float *bias, uint8_t zero, unsigned features, lightpose_error *error) {
    lp_depthwise *dw = lp_calloc(1, sizeof *dw);

    *out = NULL;
    if (!dw)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for layer %s", spec->name);
    dw->kernel = choose(features, spec->out);
    dw->height = spec->height;
    dw->width = spec->width;
    dw->out_height = lp_conv_out_height(spec);
    dw->out_width = lp_conv_out_width(spec);
    dw->channels = spec->out;
    dw->stride = spec->stride;
    dw->dilation = spec->dilation;
    dw->blocks = (spec->out + dw->kernel->block - 1) / dw->kernel->block;
    dw->elu = spec->activation == LP_ELU;
    dw->shift = spec->shift;
    const lightpose_status status = allocate(dw, spec->name, error);
    if (status != LIGHTPOSE_OK) {
        lp_depthwise_destroy(&dw);
        return status;
    }
    memset(dw->outside, zero, (size_t)(dw->blocks * dw->kernel->block));
    pack(dw, spec, weights, bias);
    *out = dw;
    return LIGHTPOSE_OK;
}

void lp_depthwise_destroy(lp_depthwise **depthwise) {
    lp_depthwise *const dw = *depthwise;

    if (!dw)
        return;
    lp_free(dw->weights);
    lp_free(dw->scale);
    lp_free(dw->bias);
    lp_free(dw->gain);
    lp_free(dw->outside);
    lp_free(dw);
    *depthwise = NULL;
}

const char *lp_depthwise_implementation(const lp_depthwise *dw) {
    return dw->kernel->name;
}

/* ---- Run --------------------------------------------------------------------------------------------------------- */

static void run_row(const lp_depthwise *dw, const uint8_t *src, uint8_t *dst, int y, int block) {
    const lp_dw_kernel *const kernel = dw->kernel;
    const int first = block * kernel->block, left = dw->channels - first;
    const size_t floats = (size_t)first;
    lp_dw_row row = {.outside = dw->outside,
                     .target = dst + (size_t)y * (size_t)dw->out_width * (size_t)dw->channels + first,
                     .target_step = dw->channels,
                     .source_width = dw->width,
                     .width = dw->out_width,
                     .stride = dw->stride,
                     .dilation = dw->dilation,
                     .channels = left < kernel->block ? left : kernel->block,
                     .weights = dw->weights + floats * (size_t)(kernel->taps * kernel->weight_bytes),
                     .scale = dw->scale + floats,
                     .bias = dw->bias + floats,
                     .gain = dw->gain + floats,
                     .shift = dw->shift,
                     .elu = dw->elu};

    for (int r = 0; r < 3; r++) {
        const int at = y * dw->stride + (r - 1) * dw->dilation, inside = at >= 0 && at < dw->height;
        row.rows[r] = inside ? src + (size_t)at * (size_t)dw->width * (size_t)dw->channels + first : dw->outside;
        row.steps[r] = inside ? dw->channels : 0;
    }
    kernel->run(&row);
}

typedef struct job {
    const lp_depthwise *dw;
    const uint8_t *src;
    uint8_t *dst;
    int parts;
} job;

/* Rows and blocks of channels as one list, row by row. */
static void run_part(void *argument, int part) {
    const job *const j = argument;
    const size_t blocks = (size_t)j->dw->blocks, count = (size_t)j->dw->out_height * blocks;
    const size_t end = lp_part_begin(count, part + 1, j->parts);

    for (size_t i = lp_part_begin(count, part, j->parts); i < end; i++)
        run_row(j->dw, j->src, j->dst, (int)(i / blocks), (int)(i % blocks));
}

void lp_depthwise_run(const lp_depthwise *dw, const uint8_t *src, uint8_t *dst, int threads) {
    job all = {dw, src, dst, threads};
    lp_threads_share(threads, run_part, &all);
}
