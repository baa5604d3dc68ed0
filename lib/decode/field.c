/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/field.h"

#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"

enum { BORDER = 2 }; /* cells on each side */

void lp_field_init(lp_field *field, const lp_upsample *upsample, unsigned features) {
    *field = (lp_field){.shift = upsample->shift,
                        .mask = upsample->factor - 1,
                        .origin = upsample->origin,
                        .wide = (features & LP_CPU_AVX2) != 0};
    for (int p = 0; p < upsample->factor; p++)
        for (int i = 0; i < 2 * LP_TAPS; i++)
            field->weights[p * 2 * LP_TAPS + i] = upsample->weights[i / 2][p];
}

void lp_field_free(lp_field *field) {
    lp_free(field->data);
    field->data = NULL;
    field->capacity = 0;
}

lightpose_status lp_field_reserve(lp_field *field, const lp_maps *maps, lightpose_error *error) {
    field->width = maps->width;
    field->height = maps->height;
    field->stride = 2 * ((ptrdiff_t)maps->width + 2 * BORDER);
    field->size = field->stride * ((ptrdiff_t)maps->height + 2 * BORDER);
    if (lp_grow(&field->data, &field->capacity, (size_t)field->size * LIGHTPOSE_LIMBS, sizeof(float)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for part affinity fields of %d x %d cells",
                       maps->width, maps->height);
    return LIGHTPOSE_OK;
}

/* A constant channel stride of 1 lets one move take both components. */
static inline __attribute__((always_inline)) void
copy_cells(const float *in, ptrdiff_t channel_stride, ptrdiff_t cell_stride, int width, float *out, ptrdiff_t size) {
    for (int x = 0; x < width; x++) {
        for (int plane = 0; plane < LIGHTPOSE_LIMBS; plane++) {
            const float *const from = in + x * cell_stride + 2 * plane * channel_stride;
            const float pair[2] = {from[0], from[channel_stride]};
            memcpy(out + plane * size + 2 * x, pair, sizeof pair);
        }
    }
}

void lp_field_copy_row(lp_field *field, const lp_maps *maps, int y) {
    const lp_map_view *const view = &maps->pafs;
    const int width = field->width;
    const size_t bytes = (size_t)field->stride * sizeof(float);
    const float *const in = view->data + (ptrdiff_t)y * width * view->cell_stride;
    float *const out = (float *)field->data + (y + BORDER) * field->stride + 2 * BORDER;

    if (view->channel_stride == 1)
        copy_cells(in, 1, view->cell_stride, width, out, field->size);
    else
        copy_cells(in, view->channel_stride, view->cell_stride, width, out, field->size);
    for (int plane = 0; plane < LIGHTPOSE_LIMBS; plane++) {
        float *const row = out + plane * field->size, *const start = row - 2 * BORDER;
        for (int b = 1; b <= BORDER; b++) {
            memcpy(row - 2 * b, row, 2 * sizeof *row);
            memcpy(row + 2 * (width - 1 + b), row + 2 * (width - 1), 2 * sizeof *row);
        }
        for (int b = 1; b <= BORDER && y == 0; b++)
            memcpy(start - b * field->stride, start, bytes);
        for (int b = 1; b <= BORDER && y == field->height - 1; b++)
            memcpy(start + b * field->stride, start, bytes);
    }
}
