/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From a decoder's picture to the library's: as it lies where the format is one of the library's, else as
 * BGR24; and upright. */

#ifndef LP_TOOLS_INPUT_CONVERT_H
#define LP_TOOLS_INPUT_CONVERT_H

#include <lightpose/lightpose.h>

#include "input/orient.h"

struct AVBufferPool;
struct AVFrame;
struct SwsContext;

/* Zero it, but for `still`, before the first use. One thread at a time; what it has made lives on without it. */
typedef struct lp_input_converter {
    int still; /* 1: BGR24 always, and untagged colour is BT.601 at any size, as JPEG and WebP have it.
                  0: YUV stays YUV; untagged colour is BT.709 from 720 lines on */
    struct SwsContext *scaler;
    struct AVBufferPool *pool; /* of buffers of pool_bytes */
    size_t pool_bytes;
} lp_input_converter;

void lp_input_converter_free(lp_input_converter *converter);

/* Makes `frame`, a decoder's, hold an upright picture that the library can read, and describes it in *image, which
 * points into it; `pixel_aspect` is of the pixels before they are turned. The frame is left alone where it is one
 * already. Errors: MEMORY, UNSUPPORTED (pixel format). */
LIGHTPOSE_NODISCARD lightpose_status lp_input_convert(lp_input_converter *converter, struct AVFrame *frame,
                                                      lp_input_orient orient, float pixel_aspect,
                                                      lightpose_image *image, lightpose_error *error);

#endif
