/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* JPEG by libjpeg-turbo, which takes a third of the time of FFmpeg's encoder. */

#ifndef LP_TOOLS_OUTPUT_JPEG_H
#define LP_TOOLS_OUTPUT_JPEG_H

#include <lightpose/lightpose.h>

struct AVPacket;

/* Leaves the file's bytes in `packet`. `pixels` is BGR24; `quality` is 1 to 100; `halved` halves chroma in both
 * directions. `path` is for messages. Errors: MEMORY, ENGINE (a size that JPEG does not support). */
LIGHTPOSE_NODISCARD lightpose_status lp_jpeg_encode(const lightpose_canvas *pixels, int quality, int halved,
                                                    struct AVPacket *packet, const char *path, lightpose_error *error);

#endif
