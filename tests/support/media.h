/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Pictures made in code and written through FFmpeg's encoders, for tests of the inputs. */

#ifndef TESTS_MEDIA_H
#define TESTS_MEDIA_H

#include <stddef.h>
#include <stdint.h>

/* A smooth, asymmetric test picture: value of channel c (0 blue, 1 green, 2 red) at x, y. */
uint8_t media_pixel(int x, int y, int c, int width, int height);

/* A file's bytes; freed with free(). NULL where it cannot be read. */
uint8_t *media_read(const char *path, size_t *size);
int media_write(const char *path, const void *data, size_t size);

/* The test picture as encoded by FFmpeg's `encoder` ("png", "mjpeg", "libwebp", …) in pixel format `format`; freed with
 * free(). NULL where this FFmpeg lacks the encoder or it fails. */
uint8_t *media_encode(const char *encoder, const char *format, int width, int height, size_t *size);

/* A fresh directory under $TMPDIR or /tmp; media_remove_tree removes it with all that is in it. */
char *media_make_folder(void);
void media_remove_tree(char *path); /* frees path too */

/* One for a whole group of tests, as its set-up and tear-down; FFmpeg is quiet from then on. */
int media_open_folder(void **state);
int media_close_folder(void **state);
const char *media_in_folder(const char *name); /* valid until the next call */

#endif
