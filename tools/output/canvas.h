/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A frame's picture with its people drawn on it, as BGR24, and on to what encoders take. */

#ifndef LP_TOOLS_OUTPUT_CANVAS_H
#define LP_TOOLS_OUTPUT_CANVAS_H

#include "output/output.h"

struct AVFrame;
struct SwsContext;

/* Zero it before the first use; it keeps its buffers from frame to frame. */
typedef struct lp_canvas {
    lightpose_canvas view; /* BGR24 */
    int quick;             /* the owner's: I420 in a tenth of the time, with chroma that is not interpolated */
    size_t capacity;
    struct SwsContext *in, *out;
} lp_canvas;

void lp_canvas_free(lp_canvas *canvas);

/* Copies the picture, with its own colour matrix and range, and draws the result. Errors: MEMORY, and
 * lightpose_canvas_draw's.
 */
LIGHTPOSE_NODISCARD lightpose_status lp_canvas_draw(lp_canvas *canvas, const lightpose_image *picture,
                                                    const lightpose_result *result,
                                                    const lightpose_draw_settings *settings, lightpose_error *error);

/* Converts the canvas to `frame`, which has its buffers and says by its own fields which size, format, matrix and range
 * it wants. */
LIGHTPOSE_NODISCARD lightpose_status lp_canvas_to_frame(lp_canvas *canvas, struct AVFrame *frame,
                                                        lightpose_error *error);

#endif
