/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Pictures made in code and encoded with FFmpeg, for tests of inputs. */

#ifndef TESTS_MEDIA_H
#define TESTS_MEDIA_H

#include <stddef.h>
#include <stdint.h>

/* A smooth, asymmetric test picture: the value of channel c (0 blue, 1 green, 2 red) at x, y. */
uint8_t media_pixel(int x, int y, int c, int width, int height);

/* Reads a file; freed with free(). NULL if it cannot be read. */
uint8_t *media_read(const char *path, size_t *size);
int media_write(const char *path, const void *data, size_t size);

/* The test picture, encoded with FFmpeg's `encoder` ("png", "mjpeg", "libwebp", …) in pixel format `format`; freed with
 * free(). NULL if this FFmpeg lacks the encoder, or it fails. */
uint8_t *media_encode(const char *encoder, const char *format, int width, int height, size_t *size);

/* Makes a new folder under $TMPDIR or /tmp; media_remove_tree removes it with its contents. */
char *media_make_folder(void);
void media_remove_tree(char *path); /* frees path too */

/* Set-up and tear-down of a group of tests that share one folder. The set-up also silences FFmpeg. */
int media_open_folder(void **state);
int media_close_folder(void **state);
const char *media_in_folder(const char *name); /* valid until the next call */

#endif
