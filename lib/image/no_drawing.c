/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Replaces opencv_bridge.cpp if the library is built without drawing. */

#include "image/opencv_bridge.h"

const char *lp_cv_version(void) {
    return NULL;
}

static lightpose_status fail(lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "this library was built without drawing (-Ddrawing=disabled)");
}

lightpose_status lp_cv_polygon(const lp_mask *mask, const lp_point *points, int count, lightpose_error *error) {
    (void)mask;
    (void)points;
    (void)count;
    return fail(error);
}

lightpose_status lp_cv_text_size(const char *text, double scale, int thickness, lp_text_size *size,
                                 lightpose_error *error) {
    (void)text;
    (void)scale;
    (void)thickness;
    (void)size;
    return fail(error);
}

lightpose_status lp_cv_text(const lp_mask *mask, const char *text, int x, int baseline, double scale, int thickness,
                            lightpose_error *error) {
    (void)mask;
    (void)text;
    (void)x;
    (void)baseline;
    (void)scale;
    (void)thickness;
    return fail(error);
}
