/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The part of OpenCV that drawing needs, as C functions: shapes and text, drawn into a coverage mask. Exceptions become
 * ENGINE, or MEMORY if OpenCV is out of memory. */

#ifndef LP_IMAGE_OPENCV_BRIDGE_H
#define LP_IMAGE_OPENCV_BRIDGE_H

#include "base/status.h"

/* "OpenCV 4.6.0"; NULL if the library was built without drawing; all other functions then fail with UNSUPPORTED. */
const char *lp_cv_version(void);

/* Rows of `width` bytes without gaps: 0 outside a shape, 255 inside, and values between at its edge. */
typedef struct lp_mask {
    uint8_t *data;
    int width, height;
} lp_mask;

/* Pixel centres lie at whole numbers. */
typedef struct lp_point {
    double x, y;
} lp_point;

enum { LP_POLYGON_POINTS = 64 };

/* Draws a convex polygon of up to LP_POLYGON_POINTS, anti-aliased and clipped to the mask. Coordinates are at most
 * 2^24. */
lightpose_status lp_cv_polygon(const lp_mask *mask, const lp_point *points, int count, lightpose_error *error);

/* ASCII text. `ascent` and `descent` are the pixels above and below the baseline. */
typedef struct lp_text_size {
    int width, ascent, descent;
} lp_text_size;

lightpose_status lp_cv_text_size(const char *text, double scale, int thickness, lp_text_size *size,
                                 lightpose_error *error);
lightpose_status lp_cv_text(const lp_mask *mask, const char *text, int x, int baseline, double scale, int thickness,
                            lightpose_error *error);

#endif
