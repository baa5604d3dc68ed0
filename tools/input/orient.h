/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The eight ways a picture can lie: what EXIF, a video's rotation tag, --rotate and --flip say, in one form. */

#ifndef LP_TOOLS_INPUT_ORIENT_H
#define LP_TOOLS_INPUT_ORIENT_H

#include <lightpose/lightpose.h>

/* The stored picture becomes the upright one by: rows and columns exchanged, then mirrored in x, then in y. */
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

/* Bytes that the pixels of `image`, turned, take; its row lengths are unpadded. */
size_t lp_input_orient_bytes(const lightpose_image *image);

/* Turns `image` into `pixels`, which holds lp_input_orient_bytes, and describes the outcome in *turned. Planes of
 * subsampled chroma turn on their own: with an odd side they come to lie one pixel off. */
void lp_input_orient_apply(lp_input_orient orient, const lightpose_image *image, uint8_t *pixels,
                           lightpose_image *turned);

#endif
