/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Painting on a caller's pixels: lines with round ends, discs, rectangles, text; anti-aliased and translucent. Shapes
 * may lie anywhere, outside the canvas too; alpha channels and the bytes between rows stay as they are. */

#ifndef LP_IMAGE_PAINT_H
#define LP_IMAGE_PAINT_H

#include "image/opencv_bridge.h"

typedef struct lp_colour {
    uint8_t red, green, blue;
} lp_colour;

/* Zero it before opening. */
typedef struct lp_painter {
    lightpose_canvas canvas;
    int blue, red, step; /* bytes to the channels and to the next pixel; green is 1 */
    void *mask;          /* of what is larger than `room` */
    size_t capacity;
    uint8_t room[12 << 10]; /* so that ordinary pictures take no allocation; fits a thread's small stack */
} lp_painter;

/* Checks the canvas. ARGUMENT, IMAGE. */
lightpose_status lp_painter_open(lp_painter *painter, const lightpose_canvas *canvas, lightpose_error *error);
void lp_painter_close(lp_painter *painter);

/* Coordinates as everywhere: the first pixel's centre is (0.5, 0.5). Not finite ones draw nothing. A line without
 * length is a disc. `alpha` is 0 to 1. */
lightpose_status lp_paint_line(lp_painter *painter, lp_point from, lp_point to, double radius, lp_colour colour,
                               double alpha, lightpose_error *error);

/* The pixels from (left, top) up to, but without, (right, bottom). */
void lp_paint_rectangle(lp_painter *painter, int left, int top, int right, int bottom, lp_colour colour, double alpha);

/* ASCII with the first letter's left end on the baseline at pixel (x, baseline). */
lightpose_status lp_paint_text(lp_painter *painter, const char *text, int x, int baseline, double scale, int thickness,
                               lp_colour colour, lightpose_error *error);

#endif
