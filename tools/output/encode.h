/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Encodes a canvas as a picture file in memory. */

#ifndef LP_TOOLS_OUTPUT_ENCODE_H
#define LP_TOOLS_OUTPUT_ENCODE_H

#include "output/canvas.h"

struct AVPacket;

typedef enum lp_picture_kind {
    LP_PICTURE_PNG = 0,
    LP_PICTURE_JPEG = 1, /* with full chroma: otherwise thin coloured lines bleed */
    LP_PICTURE_LIVE = 2  /* a small JPEG, fast to encode: chroma halved in both directions, lower default quality */
} lp_picture_kind;

/* JPEG for .jpg and .jpeg, else PNG. */
lp_picture_kind lp_picture_kind_of(const char *name);

/* Leaves the file's bytes in `packet`. `quality` is that of JPEG, 1 to 100; 0: the default. `path` is for messages. */
LIGHTPOSE_NODISCARD lightpose_status lp_picture_encode(lp_canvas *canvas, lp_picture_kind kind, int quality,
                                                       struct AVPacket *packet, const char *path,
                                                       lightpose_error *error);

#endif
