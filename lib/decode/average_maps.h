/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Averages the maps of several runs of the network on one image (mirrored, at other heights) on one grid, before
 * decoding. */

#ifndef LP_DECODE_AVERAGE_MAPS_H
#define LP_DECODE_AVERAGE_MAPS_H

#include "image/geometry.h"
#include "net/output_maps.h"

typedef struct lp_average_maps lp_average_maps;

lightpose_status lp_average_maps_create(lp_average_maps **average, lightpose_error *error);
void lp_average_maps_destroy(lp_average_maps **average);

/* Starts an average on the grid of `geometry`. */
lightpose_status lp_average_maps_begin(lp_average_maps *average, const lp_geometry *geometry, lightpose_error *error);

/* Adds the maps of a run with geometry `from` of the same image; `mirrored` is 1 if the input was mirrored left to
 * right. Maps on the same grid are added directly; others are interpolated bicubically. */
lightpose_status lp_average_maps_add(lp_average_maps *average, const lp_maps *maps, const lp_geometry *from,
                                     int mirrored, lightpose_error *error);

/* The average of all maps added; valid until the next begin. */
void lp_average_maps_end(lp_average_maps *average, lp_maps *maps);

#endif
