/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The eight orientations of a picture: a common form for EXIF, a video's rotation tag, --rotate and --flip. */

#ifndef LP_TOOLS_INPUT_ORIENT_H
#define LP_TOOLS_INPUT_ORIENT_H

#include <lightpose/lightpose.h>

/* What makes the stored picture upright: exchange rows and columns, then mirror in x, then in y. */
typedef struct lp_input_orient {
    unsigned char transpose, mirror_x, mirror_y;
} lp_input_orient;

/* EXIF's tag 0x0112, 1 to 8; anything else is upright. */
lp_input_orient lp_input_orient_exif(int value);

/* `degrees` clockwise, a multiple of 90. */
lp_input_orient lp_input_orient_rotate(int degrees);

/* First `a`, then `b`. */
lp_input_orient lp_input_orient_then(lp_input_orient a, lp_input_orient b);

int lp_input_orient_is_upright(lp_input_orient orient);

/* Bytes of the turned pixels of `image`, without padding of rows. */
size_t lp_input_orient_bytes(const lightpose_image *image);

/* Turns `image` into `pixels`, which has room for lp_input_orient_bytes, and describes the result in *turned. Planes of
 * subsampled chroma are turned separately: with an odd side they are off by one pixel. */
void lp_input_orient_apply(lp_input_orient orient, const lightpose_image *image, uint8_t *pixels,
                           lightpose_image *turned);

#endif
