/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/planes.h"

#include <string.h>

#include "base/mem.h"

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

/* Four cells of four neighbouring channels, transposed by way of vectors: the engine's maps are interleaved. */
typedef float quad __attribute__((vector_size(16), aligned(4)));
typedef int quad_index __attribute__((vector_size(16)));

static inline void transpose(const float *in, ptrdiff_t cell_stride, float *out, ptrdiff_t size) {
    const quad a = *(const quad *)in, b = *(const quad *)(in + cell_stride), c = *(const quad *)(in + 2 * cell_stride),
               d = *(const quad *)(in + 3 * cell_stride);
    const quad_index low = {0, 4, 1, 5}, high = {2, 6, 3, 7}, first = {0, 1, 4, 5}, second = {2, 3, 6, 7};
    const quad ab = __builtin_shuffle(a, b, low), cd = __builtin_shuffle(c, d, low);
    const quad ab2 = __builtin_shuffle(a, b, high), cd2 = __builtin_shuffle(c, d, high);

    *(quad *)out = __builtin_shuffle(ab, cd, first);
    *(quad *)(out + size) = __builtin_shuffle(ab, cd, second);
    *(quad *)(out + 2 * size) = __builtin_shuffle(ab2, cd2, first);
    *(quad *)(out + 3 * size) = __builtin_shuffle(ab2, cd2, second);
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
