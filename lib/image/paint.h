/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Painting on a caller's pixels: lines with round ends, discs, rectangles, text; anti-aliased and translucent. Shapes
 * may lie anywhere, also outside the canvas. Alpha channels and the bytes between rows do not change. */

#ifndef LP_IMAGE_PAINT_H
#define LP_IMAGE_PAINT_H

#include "image/opencv_bridge.h"

typedef struct lp_colour {
    uint8_t red, green, blue;
} lp_colour;

/* Zero it before opening. */
typedef struct lp_painter {
    lightpose_canvas canvas;
    int blue, red, step; /* byte offsets of the channels and of the next pixel; green's is 1 */
    void *mask;          /* for masks larger than `room` */
    size_t capacity;
    uint8_t room[12 << 10]; /* so that usual pictures need no allocation; fits the small stack of a thread */
} lp_painter;

/* Checks the canvas. ARGUMENT, IMAGE. */
lightpose_status lp_painter_open(lp_painter *painter, const lightpose_canvas *canvas, lightpose_error *error);
void lp_painter_close(lp_painter *painter);

/* The centre of the first pixel is (0.5, 0.5). Coordinates that are not finite draw nothing. A line of length 0 is a
 * disc. `alpha` is 0 to 1. */
lightpose_status lp_paint_line(lp_painter *painter, lp_point from, lp_point to, double radius, lp_colour colour,
                               double alpha, lightpose_error *error);

/* Fills the pixels from (left, top) to (right, bottom), which is exclusive. */
void lp_paint_rectangle(lp_painter *painter, int left, int top, int right, int bottom, lp_colour colour, double alpha);

/* Draws ASCII text; the first letter starts on the baseline at pixel (x, baseline). */
lightpose_status lp_paint_text(lp_painter *painter, const char *text, int x, int baseline, double scale, int thickness,
                               lp_colour colour, lightpose_error *error);

#endif
