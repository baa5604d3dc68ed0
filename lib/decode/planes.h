/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The heatmaps as planes with a replicated border, whatever the layout of the maps: what peaks (scan.h, subcell.h) and
 * guesses (complete.h) are looked for in. */

#ifndef LP_DECODE_PLANES_H
#define LP_DECODE_PLANES_H

#include "net/plan.h" /* lp_maps */

enum {
    LP_PLANE_BORDER = 2, /* cells on each side */
    LP_PLANE_SLACK = 20  /* readable floats behind a row: a vector and its taps beyond the last block */
};

typedef struct lp_planes {
    int width, height; /* of the maps, without border */
    ptrdiff_t stride;  /* floats from row to row; a plane has height + 2 * border rows */
    ptrdiff_t size;    /* floats from plane to plane */
    void *data;        /* LIGHTPOSE_HEATMAPS planes of float */
    size_t capacity;
} lp_planes;

/* Sizes the planes for the maps. MEMORY. */
lightpose_status lp_planes_reserve(lp_planes *planes, const lp_maps *maps, lightpose_error *error);

/* Copies row `y` of all heatmaps; row 0 and the last also fill the border above and below. Rows may be copied by
 * different threads. */
void lp_planes_copy_row(lp_planes *planes, const lp_maps *maps, int y);

/* Plane `map`; the first border cell. Cell (x, y) is at (y + border) * stride + x + border. */
static inline float *lp_plane(const lp_planes *planes, int map) {
    return (float *)planes->data + map * planes->size;
}

/* Cell (0, 0) of plane `map`. */
static inline const float *lp_plane_cells(const lp_planes *planes, int map) {
    return lp_plane(planes, map) + LP_PLANE_BORDER * planes->stride + LP_PLANE_BORDER;
}

void lp_planes_free(lp_planes *planes);

#endif
