/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* HEIC and AVIF, as phones write them. */

#ifndef LP_TOOLS_INPUT_HEIF_H
#define LP_TOOLS_INPUT_HEIF_H

#include <stddef.h>
#include <stdint.h>

#include <lightpose/lightpose.h>

struct AVFrame;

/* Decodes the primary picture into `frame`, BGR24 or RGB24, upright. Errors, without the file's name: IMAGE (damaged),
 * UNSUPPORTED (this build or its libheif lacks the decoder), MEMORY, LIMIT. */
LIGHTPOSE_NODISCARD lightpose_status lp_heif_decode(const uint8_t *data, size_t size, int max_side, int64_t max_pixels,
                                                    struct AVFrame *frame, lightpose_error *error);

#endif
