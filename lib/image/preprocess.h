/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From an image view to the network's input: resizes, pads, converts. docs/algorithm.md 3. */

#ifndef LP_IMAGE_PREPROCESS_H
#define LP_IMAGE_PREPROCESS_H

#include "base/team.h"
#include "image/element.h"
#include "image/geometry.h"

/* The network's input buffer: interleaved B G R, net_height rows of net_width. */
typedef struct lp_net_input {
    lp_element element;
    void *data;
    ptrdiff_t stride; /* bytes from row to row */
} lp_net_input;

typedef struct lp_preprocess lp_preprocess; /* scratch of one context */

lightpose_status lp_preprocess_create(lp_preprocess **preprocess, lightpose_error *error);
void lp_preprocess_destroy(lp_preprocess **preprocess);

/* The image must have passed lp_view_check, and `geometry` must be that of the image. The team shares the rows. The
 * 8-bit values of packed formats equal those of OpenCV's INTER_LINEAR with the exact scale factor, byte for byte; yuv.h
 * defines those of YUV. */
lightpose_status lp_preprocess_run(lp_preprocess *preprocess, const lightpose_image *image, const lp_geometry *geometry,
                                   lp_team *team, const lp_net_input *input, lightpose_error *error);

/* Mirrors an input in place, row by row; `width` and `height` in pixels. The padding is mirrored with it, so column j
 * of a map corresponds to column map_width - 1 - j. */
void lp_mirror_input(const lp_net_input *input, int width, int height);

#endif
