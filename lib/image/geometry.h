/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* All arithmetic with scale, padding, stride and rounding: image -> network input -> maps, and back. docs/algorithm.md
 * 3, 8. */

#ifndef LP_IMAGE_GEOMETRY_H
#define LP_IMAGE_GEOMETRY_H

#include "base/status.h"

enum { LP_STRIDE = 8 }; /* network pixels per map cell */

typedef struct lp_geometry {
    int image_width, image_height;
    double scale;                    /* network rows per image row: height / image_height */
    double scale_x;                  /* network columns per image column: scale x the pixels' aspect ratio */
    int scaled_width, scaled_height; /* image x scales, rounded half to even, at least 1 */
    int net_width, net_height;       /* padded: width at least height, then both up to a multiple of LP_STRIDE */
    int pad_left, pad_top;           /* half of the padding, rounded down; the rest is on the right and below */
    int map_width, map_height;       /* net / LP_STRIDE */
} lp_geometry;

/* `height` is the requested network height. LIMIT if the network input becomes larger than the settings allow. */
lightpose_status lp_geometry_of_image(lp_geometry *geometry, const lightpose_image *image, int height,
                                      const lightpose_settings *settings, lightpose_error *error);

/* The same for an image of this size with square pixels. */
lightpose_status lp_geometry_make(lp_geometry *geometry, int image_width, int image_height, int height,
                                  const lightpose_settings *settings, lightpose_error *error);

/* The geometry of an image with this pixel aspect ratio, at the given scale, centred in a network input whose sides are
 * multiples of LP_STRIDE. If the scaled image does not fit, the scale is reduced until it does. */
void lp_geometry_place(lp_geometry *geometry, int image_width, int image_height, double aspect, double scale,
                       int net_width, int net_height);

/* `size` rounded up to a multiple of LP_STRIDE. */
int lp_geometry_round_up(double size);

/* From network pixels to the image, all that maps need (lightpose_maps has the same numbers). */
typedef struct lp_transform {
    double scale_x, scale, pad_x, pad_y;
} lp_transform;

lp_transform lp_geometry_transform(const lp_geometry *geometry);

/* A position in the map upsampled by `upsample`, in cells (0 is the centre of the first cell), to image pixels.
 * `half_pixel` 1: with true cell centres, x = ((x + 0.5) * 8 / upsample - pad) / scale.
 * 0: the published formula, x = (x * 8 / upsample - pad) / scale. */
float lp_to_image_x(const lp_transform *transform, double x, int upsample, int half_pixel);
float lp_to_image_y(const lp_transform *transform, double y, int upsample, int half_pixel);

#endif
