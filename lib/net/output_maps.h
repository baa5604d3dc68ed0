/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The network's output, as passed to the decoder. */

#ifndef LP_NET_OUTPUT_MAPS_H
#define LP_NET_OUTPUT_MAPS_H

#include <stddef.h>

/* The maps of one frame, as the engine writes them: value (channel c, cell i) at [c * channel_stride + i *
 * cell_stride], cells row by row. Planar maps have cell_stride 1, interleaved ones channel_stride 1. */
typedef struct lp_map_view {
    const float *data;
    ptrdiff_t channel_stride, cell_stride;
} lp_map_view;

typedef struct lp_maps {
    int width, height;
    lp_map_view heatmaps, pafs;
} lp_maps;

#endif
