/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Draws the people of a frame on its picture, as BGR24, and converts that for encoders. */

#ifndef LP_TOOLS_OUTPUT_CANVAS_H
#define LP_TOOLS_OUTPUT_CANVAS_H

#include "output/output.h"

struct AVFrame;
struct SwsContext;

/* Zero it before the first use; it keeps its buffers from frame to frame. */
typedef struct lp_canvas {
    lightpose_canvas view; /* BGR24 */
    int quick;             /* set by the owner: convert I420 in a tenth of the time, without interpolating chroma */
    size_t capacity;
    struct SwsContext *in, *out;
} lp_canvas;

void lp_canvas_free(lp_canvas *canvas);

/* Copies the picture, with its own colour matrix and range, and draws the result unless it is NULL. Errors: MEMORY, and
 * those of lightpose_canvas_draw. */
LIGHTPOSE_NODISCARD lightpose_status lp_canvas_draw(lp_canvas *canvas, const lightpose_image *picture,
                                                    const lightpose_result *result,
                                                    const lightpose_draw_settings *settings, lightpose_error *error);

/* Converts the canvas into the buffers of `frame`, to the size, format, matrix and range in its fields. */
LIGHTPOSE_NODISCARD lightpose_status lp_canvas_to_frame(lp_canvas *canvas, struct AVFrame *frame,
                                                        lightpose_error *error);

#endif
