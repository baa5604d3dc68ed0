/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/dense.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

lightpose_status lp_panels_create(lp_panels *panels, int columns, int out, int taps, int bytes) {
    const int count = (out + columns - 1) / columns;

    *panels = (lp_panels){.columns = columns, .count = count, .taps = taps, .bytes = bytes};
    panels->values = lp_calloc((size_t)(count * columns), (size_t)(taps * bytes));
    panels->reach = lp_calloc((size_t)out, sizeof *panels->reach);
    return panels->values && panels->reach ? LIGHTPOSE_OK : LIGHTPOSE_ERROR_MEMORY;
}

void lp_panels_clear(void *from) {
    lp_panels *const panels = from;

    lp_free(panels->values);
    lp_free(panels->reach);
}

/* Sets the requantisation of each column. Returns whether all results fit 32 bits for any source. */
static int set_requant(lp_dense *dense, const int *reach, const float *bias) {
    const lp_conv_spec *const spec = &dense->spec;
    int bounded = 1;

    for (int o = 0; o < spec->out; o++) {
        const float scale = spec->scales ? spec->scales[o] : 1;
        dense->requant[o] = scale;
        dense->requant[dense->columns + o] = bias[o];
        dense->requant[2 * dense->columns + o] = spec->gains ? spec->gains[o] : spec->gain;
        bounded &= fabsf(scale) * (float)reach[o] + fabsf(bias[o]) < 0x1p30f;
    }
    return bounded;
}

lightpose_status lp_dense_create(lp_dense *dense, lp_op_instance *made, const lp_panels *panels,
                                 const lp_op_layer *layer, int cell_bytes, int unit) {
    const lp_conv_spec *const spec = layer->spec;

    dense->spec = *spec;
    dense->width = lp_conv_out_width(spec);
    dense->cells = lp_conv_out_height(spec) * dense->width;
    dense->unit = unit;
    dense->columns = panels->count * panels->columns;
    dense->requant = lp_calloc((size_t)(3 * dense->columns), sizeof *dense->requant);
    dense->outside = lp_calloc((size_t)cell_bytes, 1);
    if (!dense->requant || !dense->outside)
        return LIGHTPOSE_ERROR_MEMORY;
    if (spec->src == LP_U8)
        memset(dense->outside, layer->zero, (size_t)cell_bytes);
    for (int tap = 0; tap < spec->kernel * spec->kernel; tap++)
        dense->taps[tap] = lp_tap_offset(spec, tap);
    const int bounded = set_requant(dense, panels->reach, layer->bias);
    dense->plain = bounded && spec->dst == LP_U8 && spec->activation != LP_ELU && !spec->gains && spec->gain == 1 &&
                   spec->shift == 0 && spec->sum == 0;
    made->units = (dense->cells + unit - 1) / unit;
    return LIGHTPOSE_OK;
}

void lp_dense_clear(void *from) {
    lp_dense *const dense = from;

    lp_free(dense->requant);
    lp_free(dense->outside);
}

lp_dot_output lp_dense_output(const lp_dense *dense, const lp_op_tensors *tensors, int first, int channel,
                              int columns) {
    const lp_conv_spec *const spec = &dense->spec;
    const size_t at = ((size_t)first * (size_t)spec->out + (size_t)channel) * lp_element_size(spec->dst);

    return (lp_dot_output){.scales = dense->requant + channel,
                           .bias = dense->requant + dense->columns + channel,
                           .gains = dense->requant + 2 * dense->columns + channel,
                           .activation = spec->activation,
                           .shift = spec->shift,
                           .factor = spec->sum,
                           .element = spec->dst,
                           .plain = dense->plain,
                           .columns = spec->out - channel < columns ? spec->out - channel : columns,
                           .step = spec->out,
                           .added = spec->sum != 0 && tensors->added ? (const uint8_t *)tensors->added + at : NULL,
                           .target = (uint8_t *)tensors->dst + at};
}
