/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What drawing takes from OpenCV, as C: shapes and letters into a coverage mask. No exception passes: ENGINE, or MEMORY
 * where OpenCV finds none. */

#ifndef LP_IMAGE_OPENCV_BRIDGE_H
#define LP_IMAGE_OPENCV_BRIDGE_H

#include "base/status.h"

/* "OpenCV 4.6.0"; NULL where the library was built without drawing, and then everything else fails as UNSUPPORTED. */
const char *lp_cv_version(void);

/* Rows of `width` bytes without gaps: 0 outside a shape, 255 inside, and in between at its edge. */
typedef struct lp_mask {
    uint8_t *data;
    int width, height;
} lp_mask;

/* Pixel centres lie at whole numbers. */
typedef struct lp_point {
    double x, y;
} lp_point;

enum { LP_POLYGON_POINTS = 64 };

/* A convex polygon of up to LP_POLYGON_POINTS, anti-aliased; what sticks out of the mask is cut off. Coordinates are at
 * most 2^24. */
lightpose_status lp_cv_polygon(const lp_mask *mask, const lp_point *points, int count, lightpose_error *error);

/* Letters of ASCII. `ascent` and `descent` are the pixels above and below the baseline. */
typedef struct lp_text_size {
    int width, ascent, descent;
} lp_text_size;

lightpose_status lp_cv_text_size(const char *text, double scale, int thickness, lp_text_size *size,
                                 lightpose_error *error);
lightpose_status lp_cv_text(const lp_mask *mask, const char *text, int x, int baseline, double scale, int thickness,
                            lightpose_error *error);

#endif
