/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Still pictures: JPEG, PNG, WebP, HEIC, AVIF, JPEG XL, JPEG 2000, BMP, TIFF, PNM and the first frame of an animation,
 * upright, as BGR24. */

#ifndef LP_TOOLS_INPUT_IMAGE_H
#define LP_TOOLS_INPUT_IMAGE_H

#include <stddef.h>

#include "input/orient.h"

enum { LP_INPUT_NOTE = 160 };

/* Zero it before the first use. It can be read into repeatedly and keeps its buffers. */
typedef struct lp_input_picture {
    lightpose_image image;    /* BGR24; width 0 after a failure */
    char note[LP_INPUT_NOTE]; /* a remark on a picture that was read, or "" */
    void *reader;             /* private to input/image.c */
} lp_input_picture;

/* Sizes beyond these are refused before anything is decoded; 0: the library's defaults. */
typedef struct lp_input_limits {
    int max_side;
    int64_t max_pixels;
} lp_input_limits;

/* Reads a picture and applies its EXIF orientation. `limits` NULL means the defaults.
 * Errors name the file: FILE (missing, unreadable), IMAGE (empty, no picture, damaged, cut short), LIMIT, MEMORY,
 * UNSUPPORTED. */
LIGHTPOSE_NODISCARD lightpose_status lp_input_picture_read(lp_input_picture *picture, const char *path,
                                                           const lp_input_limits *limits, lightpose_error *error);

/* The same, then turned by `turn`. */
LIGHTPOSE_NODISCARD lightpose_status lp_input_picture_read_turned(lp_input_picture *picture, const char *path,
                                                                  const lp_input_limits *limits, lp_input_orient turn,
                                                                  lightpose_error *error);

/* The same for a file in memory, which messages call `name`. */
LIGHTPOSE_NODISCARD lightpose_status lp_input_picture_read_memory(lp_input_picture *picture, const char *name,
                                                                  const uint8_t *data, size_t size,
                                                                  const lp_input_limits *limits, lp_input_orient turn,
                                                                  lightpose_error *error);

void lp_input_picture_free(lp_input_picture *picture);

/* Whether a file begins like a picture (1), can be read but does not (0), or cannot be read (-1, errno set).
 * *animated (may be NULL) is set to whether it is an animation that can be read as a video. */
int lp_input_is_picture(const char *path, int *animated);

/* Whether a file that begins like a picture is a stream of pictures (MJPEG). */
int lp_input_is_stream(const char *path);

#endif
