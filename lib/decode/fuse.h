/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Averages the maps of several runs of the network on one image - mirrored, at other heights - on one grid, before they
 * are decoded. */

#ifndef LP_DECODE_FUSE_H
#define LP_DECODE_FUSE_H

#include "image/geometry.h"
#include "net/plan.h" /* lp_maps */

typedef struct lp_fuse lp_fuse;

lightpose_status lp_fuse_create(lp_fuse **fuse, lightpose_error *error);
void lp_fuse_destroy(lp_fuse **fuse);

/* Starts an average on the grid of `geometry`. */
lightpose_status lp_fuse_begin(lp_fuse *fuse, const lp_geometry *geometry, lightpose_error *error);

/* Adds the maps of a run with geometry `from` of the same image; `mirrored` 1 where the network saw its input mirrored
 * left to right. Maps on the same grid are added as they are, others by bicubic interpolation at the same places of
 * the image. */
lightpose_status lp_fuse_add(lp_fuse *fuse, const lp_maps *maps, const lp_geometry *from, int mirrored,
                             lightpose_error *error);

/* The average of all that was added; valid until the next begin. */
void lp_fuse_end(lp_fuse *fuse, lp_maps *maps);

/* Mirrors a network input in place, row by row; `width` and `height` in pixels. The padding is mirrored with it, so a
 * map's column j answers to column map_width - 1 - j. */
void lp_mirror_input(const lp_net_input *input, int width, int height);

#endif
