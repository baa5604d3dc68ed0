/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "rounded.h"

#include "check.h"

#include <math.h>

#include "base/cpu.h"

static double round_bf16(double value) {
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
    memcpy(&single, &bits, sizeof single);
    return single;
}

rounded rounded_weights(const lp_layer *layer, lightpose_precision precision, const lp_quantisation *source,
                        const float *from) {
    const int area = layer->kernel * layer->kernel, ins = layer->kind == LP_DEPTHWISE ? 1 : layer->in;
    const unsigned cpu = lp_cpu_features();
    const int first_in_pairs = strcmp(layer->from, "data") == 0 && !(cpu & (LP_CPU_AVX2 | LP_CPU_NEON));
    rounded to = {.values = calloc((size_t)(layer->out * ins * area), sizeof(double)),
                  .steps = calloc((size_t)(layer->out * ins * area), sizeof(int))};

    assert_true(to.values && to.steps);
    for (int o = 0; o < layer->out; o++) {
        float most = 0;
        for (int i = 0; i < ins * area; i++)
            most = fmaxf(most,
                         fabsf(from[o * ins * area + i] * source->scale[layer->kind == LP_DEPTHWISE ? o : i / area]));
        to.step[o] = most / (first_in_pairs ? 64 : 127);
        for (int i = 0; i < ins * area; i++) {
            const int at = o * ins * area + i;
            const float scale = source->scale[layer->kind == LP_DEPTHWISE ? o : i / area], whole = from[at] * scale;
            to.steps[at] = (int)lrintf(whole / (float)to.step[o]);
            to.values[at] = precision == LIGHTPOSE_PRECISION_F32    ? from[at]
                            : precision == LIGHTPOSE_PRECISION_BF16 ? round_bf16(whole) / scale
                                                                    : to.steps[at] * to.step[o] / scale;
        }
    }
    return to;
}

void rounded_pairs(const lp_layer *layer, const rounded *weights, const lp_tensor_view *source, naive_tensor *target) {
    const int area = layer->kernel * layer->kernel, reach = layer->kernel / 2;
    const uint8_t *const bytes = source->data;

    for (int o = 0; o < layer->out; o++)
        for (int cell = 0; cell < target->height * target->width; cell++)
            for (int tap = 0; tap < area; tap++) {
                const int y = cell / target->width * layer->stride + (tap / layer->kernel - reach) * layer->dilation;
                const int x = cell % target->width * layer->stride + (tap % layer->kernel - reach) * layer->dilation;
                const int inside = y >= 0 && y < source->height && x >= 0 && x < source->width;
                for (int i = 0; i + 1 < layer->in; i += 2) {
                    const ptrdiff_t at = y * source->row_stride + x * source->cell_stride + i;
                    const int *const w = weights->steps + (o * layer->in + i) * area + tap;
                    const int sum = w[0] * (inside ? bytes[at] : source->quant.zero[i]) +
                                    w[area] * (inside ? bytes[at + 1] : source->quant.zero[i + 1]);
                    const int fits = sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum;
                    naive_at(target, o, 0, 0)[cell] += (fits - sum) * weights->step[o];
                }
            }
}
