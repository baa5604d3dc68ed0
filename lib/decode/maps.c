/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/maps.h"

#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"

/* The exponent bits of NaN and infinity are all ones. Tested on integers, so that no compiler flag removes the test. */
static uint32_t is_bad(float value) {
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return (bits & 0x7f800000) == 0x7f800000;
}

static uint32_t any_bad(const float *values, size_t count) {
    uint32_t bad = 0;

    for (size_t i = 0; i < count; i++)
        bad |= is_bad(values[i]);
    return bad;
}

static lightpose_status check_map(const lp_map_view *view, int map, int width, int height, const char *name,
                                  lightpose_error *error) {
    const float *const data = view->data + map * view->channel_stride;
    const ptrdiff_t cells = (ptrdiff_t)width * height;

    if (view->cell_stride == 1 && !any_bad(data, (size_t)cells))
        return LIGHTPOSE_OK;
    for (ptrdiff_t i = 0; i < cells; i++) {
        const float value = data[i * view->cell_stride];
        if (is_bad(value))
            return lp_fail(error, LIGHTPOSE_ERROR_NOT_FINITE, "%s %d is %s at cell (%d, %d); maps must be finite", name,
                           map, isnan(value) ? "NaN" : "infinite", (int)(i % width), (int)(i / width));
    }
    return LIGHTPOSE_OK;
}

lightpose_status lp_maps_check_finite(const lp_maps *maps, lightpose_error *error) {
    for (int map = 0; map < LIGHTPOSE_HEATMAPS; map++)
        LP_TRY(check_map(&maps->heatmaps, map, maps->width, maps->height, "heatmap", error));
    for (int map = 0; map < LIGHTPOSE_PAFS; map++)
        LP_TRY(check_map(&maps->pafs, map, maps->width, maps->height, "part affinity map", error));
    return LIGHTPOSE_OK;
}

/* ---- Bicubic interpolation --------------------------------------------------------------------------------------- */

/* OpenCV's arithmetic, in float and in its order, because the last weight is 1 minus the others. */
void lp_cubic_weights(float a, float x, float *w) {
    w[0] = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
    w[1] = ((a + 2) * x - (a + 3)) * x * x + 1;
    w[2] = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
    w[3] = 1.f - w[0] - w[1] - w[2];
}

double lp_parabola_top(double before, double middle, double after, double most) {
    const double bend = before - 2 * middle + after;
    return bend < 0 ? fmax(-most, fmin(most, 0.5 * (before - after) / bend)) : 0;
}

/* The weights of the outer taps are never positive and those of the inner ones never negative. In two dimensions the
 * products of two inner or two outer weights are therefore positive, the mixed ones negative, and the largest value
 * over cells between m and M is the weighted sum of the largest inner and corner cells, less that of the smallest edge
 * cells. Every part grows with the sum n of the outer weights, so the phase with the largest n bounds all phases. */
static void bound_gain(lp_upsample *upsample) {
    /* Eight roundings on the way to a value, each at most 2^-24 of the sum of magnitudes; 2e-6 is four times that. */
    const double rounding = 1 + 2e-6;
    double inner = 1, outer = 0;

    for (int p = 0; p < upsample->factor; p++) {
        /* Not fmax, on which GCC 12 for arm64 fails with an internal error. */
        const double low = -(double)upsample->weights[0][p] - (double)upsample->weights[3][p];
        const double high = (double)upsample->weights[1][p] + (double)upsample->weights[2][p];
        outer = low > outer ? low : outer;
        inner = high > inner ? high : inner;
    }
    upsample->inner = inner * inner * rounding;
    upsample->edge = 2 * inner * outer * rounding;
    upsample->corner = outer * outer * rounding;
    upsample->gain = (inner + outer) * (inner + outer) * rounding;
}

void lp_upsample_init(lp_upsample *upsample, int factor) {
    upsample->factor = factor;
    upsample->shift = __builtin_ctz((unsigned)factor);
    upsample->origin = factor - factor / 2;
    for (int p = 0; p < factor; p++) {
        float w[LP_TAPS];
        lp_cubic_weights(LP_CUBIC_OPENCV, factor == 1 ? 0 : ((float)p + 0.5f) / (float)factor, w);
        for (int t = 0; t < LP_TAPS; t++)
            upsample->weights[t][p] = w[t];
    }
    bound_gain(upsample);
}

/* ---- Heatmaps ---------------------------------------------------------------------------------------------------- */

lightpose_status lp_planes_reserve(lp_planes *planes, const lp_maps *maps, lightpose_error *error) {
    const size_t row = (size_t)maps->width + 2 * LP_PLANE_BORDER + LP_PLANE_SLACK;

    planes->width = maps->width;
    planes->height = maps->height;
    planes->stride = (ptrdiff_t)(lp_align(row * sizeof(float)) / sizeof(float));
    planes->size = planes->stride * (maps->height + 2 * LP_PLANE_BORDER);
    if (lp_grow(&planes->data, &planes->capacity, (size_t)planes->size * LIGHTPOSE_HEATMAPS, sizeof(float)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for heatmaps of %d x %d cells", maps->width,
                       maps->height);
    return LIGHTPOSE_OK;
}

/* Vectors transpose four cells of four neighbouring channels, because the engine's maps are interleaved. */
typedef float quad __attribute__((vector_size(16), aligned(4)));

static inline void transpose(const float *in, ptrdiff_t cell_stride, float *out, ptrdiff_t size) {
    const quad a = *(const quad *)in, b = *(const quad *)(in + cell_stride), c = *(const quad *)(in + 2 * cell_stride),
               d = *(const quad *)(in + 3 * cell_stride);
    const quad ab = LP_SHUFFLE(lp_quad_index, a, b, 0, 4, 1, 5), cd = LP_SHUFFLE(lp_quad_index, c, d, 0, 4, 1, 5);
    const quad ab2 = LP_SHUFFLE(lp_quad_index, a, b, 2, 6, 3, 7), cd2 = LP_SHUFFLE(lp_quad_index, c, d, 2, 6, 3, 7);

    *(quad *)out = LP_SHUFFLE(lp_quad_index, ab, cd, 0, 1, 4, 5);
    *(quad *)(out + size) = LP_SHUFFLE(lp_quad_index, ab, cd, 2, 3, 6, 7);
    *(quad *)(out + 2 * size) = LP_SHUFFLE(lp_quad_index, ab2, cd2, 0, 1, 4, 5);
    *(quad *)(out + 3 * size) = LP_SHUFFLE(lp_quad_index, ab2, cd2, 2, 3, 6, 7);
}

static void copy_interleaved(const float *in, ptrdiff_t cell_stride, int width, float *out, ptrdiff_t size) {
    int x = 0;

    for (; x + 4 <= width; x += 4) {
        for (int map = 0; map < LIGHTPOSE_HEATMAPS; map += 4) {
            const int from = map + 4 <= LIGHTPOSE_HEATMAPS ? map : LIGHTPOSE_HEATMAPS - 4; /* the last overlaps */
            transpose(in + x * cell_stride + from, cell_stride, out + from * size + x, size);
        }
    }
    for (; x < width; x++)
        for (int map = 0; map < LIGHTPOSE_HEATMAPS; map++)
            out[map * size + x] = in[x * cell_stride + map];
}

void lp_planes_copy_row(lp_planes *planes, const lp_maps *maps, int y) {
    const int width = planes->width;
    const lp_map_view *const view = &maps->heatmaps;
    const float *const in = view->data + (ptrdiff_t)y * width * view->cell_stride;
    float *const out = lp_plane(planes, 0) + (y + LP_PLANE_BORDER) * planes->stride + LP_PLANE_BORDER;

    if (view->channel_stride == 1) {
        copy_interleaved(in, view->cell_stride, width, out, planes->size);
    } else {
        for (int map = 0; map < LIGHTPOSE_HEATMAPS; map++)
            for (int x = 0; x < width; x++)
                out[map * planes->size + x] = in[map * view->channel_stride + x * view->cell_stride];
    }
    for (int map = 0; map < LIGHTPOSE_HEATMAPS; map++) {
        float *const row = out + map * planes->size, *const start = row - LP_PLANE_BORDER;
        const size_t bytes = ((size_t)width + 2 * LP_PLANE_BORDER) * sizeof(float);
        for (int b = 1; b <= LP_PLANE_BORDER; b++) {
            row[-b] = row[0];
            row[width - 1 + b] = row[width - 1];
        }
        for (int b = 1; b <= LP_PLANE_BORDER && y == 0; b++)
            memcpy(start - b * planes->stride, start, bytes);
        for (int b = 1; b <= LP_PLANE_BORDER && y == planes->height - 1; b++)
            memcpy(start + b * planes->stride, start, bytes);
    }
}

void lp_planes_free(lp_planes *planes) {
    lp_free(planes->data);
    *planes = (lp_planes){0};
}

/* ---- Part affinity fields ---------------------------------------------------------------------------------------- */

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
    field->stride = 2 * ((ptrdiff_t)maps->width + 2 * LP_PLANE_BORDER);
    field->size = field->stride * ((ptrdiff_t)maps->height + 2 * LP_PLANE_BORDER);
    if (lp_grow(&field->data, &field->capacity, (size_t)field->size * LIGHTPOSE_LIMBS, sizeof(float)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for part affinity fields of %d x %d cells",
                       maps->width, maps->height);
    return LIGHTPOSE_OK;
}

/* With a constant channel stride of 1, one move copies both components. */
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
    float *const out = (float *)field->data + (y + LP_PLANE_BORDER) * field->stride + 2 * LP_PLANE_BORDER;

    if (view->channel_stride == 1)
        copy_cells(in, 1, view->cell_stride, width, out, field->size);
    else
        copy_cells(in, view->channel_stride, view->cell_stride, width, out, field->size);
    for (int plane = 0; plane < LIGHTPOSE_LIMBS; plane++) {
        float *const row = out + plane * field->size, *const start = row - 2 * LP_PLANE_BORDER;
        for (int b = 1; b <= LP_PLANE_BORDER; b++) {
            memcpy(row - 2 * b, row, 2 * sizeof *row);
            memcpy(row + 2 * (width - 1 + b), row + 2 * (width - 1), 2 * sizeof *row);
        }
        for (int b = 1; b <= LP_PLANE_BORDER && y == 0; b++)
            memcpy(start - b * field->stride, start, bytes);
        for (int b = 1; b <= LP_PLANE_BORDER && y == field->height - 1; b++)
            memcpy(start + b * field->stride, start, bytes);
    }
}
