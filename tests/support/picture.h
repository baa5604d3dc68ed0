/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reads lossless pictures with FFmpeg, for tests of the library without tools. */

#ifndef TESTS_PICTURE_H
#define TESTS_PICTURE_H

#include <stdint.h>

typedef struct picture {
    int width, height;
    uint8_t *rgb; /* rows of 3 * width bytes; freed with free() */
} picture;

/* Reads an 8-bit RGB picture without any conversion. Returns 0 or -1. */
int picture_read(picture *out, const char *path);

#endif
