/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* TIFF by libtiff. FFmpeg's decoder does not support or recognize some kinds: tiles, embedded JPEG, reversed bits. */

#ifndef LP_TOOLS_INPUT_TIFF_H
#define LP_TOOLS_INPUT_TIFF_H

#include <stddef.h>
#include <stdint.h>

#include <lightpose/lightpose.h>

struct AVFrame;

/* Decodes the first page into `frame`, BGR24, as it is stored: the caller applies the orientation. *pages gets the
 * number of pages. Errors, without the file's name: IMAGE (damaged), UNSUPPORTED (names what), MEMORY, LIMIT. */
LIGHTPOSE_NODISCARD lightpose_status lp_tiff_decode(const uint8_t *data, size_t size, int max_side, int64_t max_pixels,
                                                    struct AVFrame *frame, int *pages, lightpose_error *error);

#endif
