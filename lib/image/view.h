/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Checks a caller's image before anything reads it. */

#ifndef LP_IMAGE_VIEW_H
#define LP_IMAGE_VIEW_H

#include "base/status.h"

/* Planes, strides, size and format against each other and against the settings' limits. IMAGE, LIMIT. */
lightpose_status lp_view_check(const lightpose_image *image, const lightpose_settings *settings,
                               lightpose_error *error);

/* Width and height alone: 1 to the limits. */
lightpose_status lp_view_check_size(int64_t width, int64_t height, const lightpose_settings *settings,
                                    lightpose_error *error);

/* The part of a checked image that begins at (x, y), both even, and lies inside it. */
lightpose_image lp_view_part(const lightpose_image *image, int x, int y, int width, int height);

/* Planes of a format and, for plane p, its bytes per row and rows. 0 planes for an unknown format. */
int lp_format_planes(lightpose_format format);
ptrdiff_t lp_format_row_bytes(lightpose_format format, int plane, int width);
int lp_format_rows(lightpose_format format, int plane, int height);
const char *lp_format_name(lightpose_format format);

#endif
