/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* TIFF, which comes in more kinds than FFmpeg's decoder knows and tells apart: tiles, JPEG within, bits in reverse. */

#ifndef LP_TOOLS_INPUT_TIFF_H
#define LP_TOOLS_INPUT_TIFF_H

#include <stddef.h>
#include <stdint.h>

#include <lightpose/lightpose.h>

struct AVFrame;

/* Decodes the first page into `frame`, BGR24, as it is stored: its orientation is the caller's to honour. *pages gets
 * the number of pages. Errors, without the file's name: IMAGE (damaged), UNSUPPORTED (names what), MEMORY, LIMIT. */
LIGHTPOSE_NODISCARD lightpose_status lp_tiff_decode(const uint8_t *data, size_t size, int max_side, int64_t max_pixels,
                                                    struct AVFrame *frame, int *pages, lightpose_error *error);

#endif
