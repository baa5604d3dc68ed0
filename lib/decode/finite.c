/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/finite.h"

#include <math.h>
#include <string.h>

/* The exponent of NaN and infinity is all ones; on integers, so that no compiler flag can take it away. */
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
