/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From a decoder's picture to the library's: as it lies where the format is one of the library's, else as BGR24. */

#ifndef LP_TOOLS_INPUT_CONVERT_H
#define LP_TOOLS_INPUT_CONVERT_H

#include <lightpose/lightpose.h>

struct AVFrame;
struct SwsContext;

typedef struct lp_input_converter {
    struct SwsContext *scaler;
    uint8_t *pixels; /* the last picture converted */
    size_t capacity;
    int still; /* 1: untagged colour is BT.601 at any size, as in JPEG and WebP; 0: BT.709 from 720 lines on */
} lp_input_converter;

void lp_input_converter_free(lp_input_converter *converter);

/* Describes `frame` in *image if the library can read it as it lies; returns 0 if it cannot. */
int lp_input_convert_view(const lp_input_converter *converter, const struct AVFrame *frame, lightpose_image *image);

/* Converts to BGR24 in the converter's buffer, with the frame's own colour matrix and range, chroma interpolated. The
 * image lives until the next call. Errors: MEMORY, UNSUPPORTED (pixel format). */
LIGHTPOSE_NODISCARD lightpose_status lp_input_convert_bgr(lp_input_converter *converter, const struct AVFrame *frame,
                                                          lightpose_image *image, lightpose_error *error);

#endif
