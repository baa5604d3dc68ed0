/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/average_maps.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "decode/maps.h"
#include "decode/skeleton.h"

enum { CHANNELS = LIGHTPOSE_HEATMAPS + LIGHTPOSE_PAFS, TAPS = 4 };

/* The place of a cell among the cells of another grid: TAPS neighbours, clamped to the grid, and their weights. */
typedef struct grid_taps {
    int index[TAPS];
    float weight[TAPS];
} grid_taps;

struct lp_average_maps {
    lp_geometry grid;
    int added;
    void *sum; /* cells x CHANNELS: heatmaps, then pafs */
    size_t sum_capacity;
    void *row; /* one row interpolated between source rows: source width x CHANNELS */
    size_t row_capacity;
    void *taps; /* of the columns, then of the rows */
    size_t taps_capacity;
};

lightpose_status lp_average_maps_create(lp_average_maps **average, lightpose_error *error) {
    *average = lp_calloc(1, sizeof **average);
    return *average ? LIGHTPOSE_OK : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to average maps");
}

void lp_average_maps_destroy(lp_average_maps **average) {
    if (!*average)
        return;
    lp_free((*average)->sum);
    lp_free((*average)->row);
    lp_free((*average)->taps);
    lp_free(*average);
    *average = NULL;
}

lightpose_status lp_average_maps_begin(lp_average_maps *average, const lp_geometry *geometry, lightpose_error *error) {
    const size_t values = (size_t)geometry->map_width * (size_t)geometry->map_height * CHANNELS;

    if (lp_grow(&average->sum, &average->sum_capacity, values, sizeof(float)) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to average maps of %d x %d cells", geometry->map_width,
                       geometry->map_height);
    memset(average->sum, 0, values * sizeof(float));
    average->grid = *geometry;
    average->added = 0;
    return LIGHTPOSE_OK;
}

static int mirrored_keypoint(int keypoint) {
    static const int mirror[LIGHTPOSE_HEATMAPS] = {0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16, 18};
    return mirror[keypoint];
}

/* For each channel of the sum: its channel in the maps, and the sign. Mirroring swaps left and right and negates the x
 * components of the fields. */
static void channel_sources(int mirrored, int source[CHANNELS], float sign[CHANNELS]) {
    for (int c = 0; c < CHANNELS; c++) {
        source[c] = c;
        sign[c] = 1;
    }
    if (!mirrored)
        return;
    for (int k = 0; k < LIGHTPOSE_HEATMAPS; k++)
        source[k] = mirrored_keypoint(k);
    for (int i = 0; i < LIGHTPOSE_LIMBS; i++)
        for (int j = 0; j < LIGHTPOSE_LIMBS; j++) {
            const lp_limb *const limb = &lp_skeleton_limbs[i], *const other = &lp_skeleton_limbs[j];
            if (other->from != mirrored_keypoint(limb->from) || other->to != mirrored_keypoint(limb->to))
                continue;
            source[LIGHTPOSE_HEATMAPS + limb->paf_x] = LIGHTPOSE_HEATMAPS + other->paf_x;
            source[LIGHTPOSE_HEATMAPS + limb->paf_y] = LIGHTPOSE_HEATMAPS + other->paf_y;
            sign[LIGHTPOSE_HEATMAPS + limb->paf_x] = -1;
        }
}

/* Makes the taps of `cells` cells among `count`: a cell centre at network pixel x maps to (x - pad) * ratio +
 * other_pad. */
static void make_taps(grid_taps *taps, int cells, int count, double pad, double ratio, double other_pad) {
    for (int i = 0; i < cells; i++) {
        const double pixel = ((i + 0.5) * LP_STRIDE - pad) * ratio + other_pad;
        const double at = pixel / LP_STRIDE - 0.5, whole = floor(at);
        lp_cubic_weights(LP_CUBIC_PLANE, (float)(at - whole), taps[i].weight);
        for (int t = 0; t < TAPS; t++) {
            const double index = whole - 1 + t;
            taps[i].index[t] = index < 0 ? 0 : index > count - 1 ? count - 1 : (int)index;
        }
    }
}

/* One value of the maps; channels are in the order of the sum. */
static float read_cell(const lp_maps *maps, int channel, ptrdiff_t cell) {
    const lp_map_view *const view = channel < LIGHTPOSE_HEATMAPS ? &maps->heatmaps : &maps->pafs;
    const int c = channel < LIGHTPOSE_HEATMAPS ? channel : channel - LIGHTPOSE_HEATMAPS;
    return view->data[c * view->channel_stride + cell * view->cell_stride];
}

/* Interpolates the maps between their rows into average->row. Column j of a mirrored map is column width - 1 - j. */
static void interpolate_rows(lp_average_maps *average, const lp_maps *maps, const grid_taps *taps, int mirrored,
                             const int source[CHANNELS], const float sign[CHANNELS]) {
    float *const row = average->row;

    for (int x = 0; x < maps->width; x++) {
        const int column = mirrored ? maps->width - 1 - x : x;
        for (int c = 0; c < CHANNELS; c++) {
            float sum = 0;
            for (int t = 0; t < TAPS; t++)
                if (taps->weight[t] != 0)
                    sum +=
                        taps->weight[t] * read_cell(maps, source[c], (ptrdiff_t)taps->index[t] * maps->width + column);
            row[x * CHANNELS + c] = sign[c] * sum;
        }
    }
}

lightpose_status lp_average_maps_add(lp_average_maps *average, const lp_maps *maps, const lp_geometry *from,
                                     int mirrored, lightpose_error *error) {
    const lp_geometry *const grid = &average->grid;
    int source[CHANNELS];
    float sign[CHANNELS];

    if (lp_grow(&average->row, &average->row_capacity, (size_t)maps->width * CHANNELS, sizeof(float)) != 0 ||
        lp_grow(&average->taps, &average->taps_capacity, (size_t)grid->map_width + (size_t)grid->map_height,
                sizeof(grid_taps)) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to average maps of %d x %d cells", maps->width,
                       maps->height);
    grid_taps *const columns = average->taps, *const rows = columns + grid->map_width;
    const double ratio = from->scale / grid->scale;
    make_taps(columns, grid->map_width, maps->width, grid->pad_left, ratio, from->pad_left);
    make_taps(rows, grid->map_height, maps->height, grid->pad_top, ratio, from->pad_top);
    channel_sources(mirrored, source, sign);
    for (int y = 0; y < grid->map_height; y++) {
        interpolate_rows(average, maps, &rows[y], mirrored, source, sign);
        for (int x = 0; x < grid->map_width; x++) {
            float *const sum = (float *)average->sum + ((ptrdiff_t)y * grid->map_width + x) * CHANNELS;
            for (int t = 0; t < TAPS; t++) {
                const float weight = columns[x].weight[t];
                const float *const value = (const float *)average->row + (ptrdiff_t)columns[x].index[t] * CHANNELS;
                for (int c = 0; weight != 0 && c < CHANNELS; c++)
                    sum[c] += weight * value[c];
            }
        }
    }
    average->added++;
    return LIGHTPOSE_OK;
}

void lp_average_maps_end(lp_average_maps *average, lp_maps *maps) {
    float *const sum = average->sum;
    const ptrdiff_t values = (ptrdiff_t)average->grid.map_width * average->grid.map_height * CHANNELS;

    for (ptrdiff_t i = 0; average->added > 1 && i < values; i++)
        sum[i] /= (float)average->added;
    *maps = (lp_maps){.width = average->grid.map_width,
                      .height = average->grid.map_height,
                      .heatmaps = {sum, 1, CHANNELS},
                      .pafs = {sum + LIGHTPOSE_HEATMAPS, 1, CHANNELS}};
}
