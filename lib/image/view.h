/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Checks a caller's image before anything reads it. */

#ifndef LP_IMAGE_VIEW_H
#define LP_IMAGE_VIEW_H

#include "base/status.h"

/* Checks planes, strides, size and format for consistency and against the settings' limits. IMAGE, LIMIT. */
lightpose_status lp_view_check(const lightpose_image *image, const lightpose_settings *settings,
                               lightpose_error *error);

/* For a pixel's aspect ratio: 1/16 to 16, or 0, which means 1. */
int lp_aspect_is_valid(float aspect);

/* Checks only width and height: from 1 to the limits. */
lightpose_status lp_view_check_size(int64_t width, int64_t height, const lightpose_settings *settings,
                                    lightpose_error *error);

/* The part of a checked image that begins at (x, y), both even, and lies inside it. */
lightpose_image lp_view_part(const lightpose_image *image, int x, int y, int width, int height);

/* lightpose_image_crop. ARGUMENT, IMAGE. */
lightpose_status lp_view_crop(lightpose_image *image, int *x, int *y, int width, int height, lightpose_error *error);

enum { LP_FORMATS = LIGHTPOSE_I420 + 1 };

/* The number of planes of a format, 0 if it is unknown; and for plane p, its bytes per row and its rows. */
int lp_format_planes(lightpose_format format);
ptrdiff_t lp_format_row_bytes(lightpose_format format, int plane, int width);
int lp_format_rows(lightpose_format format, int plane, int height);
const char *lp_format_name(lightpose_format format);

#endif
