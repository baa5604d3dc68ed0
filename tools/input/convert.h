/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Converts decoded pictures for the library: unchanged if the library can read their format, else to BGR24; and
 * upright. */

#ifndef LP_TOOLS_INPUT_CONVERT_H
#define LP_TOOLS_INPUT_CONVERT_H

#include <lightpose/lightpose.h>

#include "input/orient.h"

struct AVBufferPool;
struct AVFrame;
struct SwsContext;

/* Zero it, except `still`, before the first use. For one thread at a time; converted pictures may outlive it. */
typedef struct lp_input_converter {
    int still; /* 1: BGR24 always, and untagged colour is BT.601 at any size, as JPEG and WebP have it.
                  0: YUV stays YUV; untagged colour is BT.709 from 720 lines on */
    struct SwsContext *scaler;
    struct AVBufferPool *pool; /* of buffers of pool_bytes */
    size_t pool_bytes;
} lp_input_converter;

void lp_input_converter_free(lp_input_converter *converter);

/* Replaces the picture in a decoder's `frame` by an upright one that the library can read, unless it is one already,
 * and describes it in *image, which points into `frame`. `pixel_aspect` is that before turning. Errors: MEMORY,
 * UNSUPPORTED (pixel format). */
LIGHTPOSE_NODISCARD lightpose_status lp_input_convert(lp_input_converter *converter, struct AVFrame *frame,
                                                      lp_input_orient orient, float pixel_aspect,
                                                      lightpose_image *image, lightpose_error *error);

#endif
