/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The bytes of a source that can be read once only, or far away: standard input, a named pipe, an address. It is opened
 * once; what has been looked at comes again when it is read. */

#ifndef LP_TOOLS_INPUT_BYTES_H
#define LP_TOOLS_INPUT_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include <libavformat/avio.h>

#include "input/source.h"
#include "input/wait.h"

typedef struct lp_bytes lp_bytes;

/* `source` must outlive it. Errors name the source: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_bytes_open(lp_bytes **bytes, const lp_source *source, lp_input_wait wait,
                                                   lightpose_error *error);
void lp_bytes_close(lp_bytes **bytes);

/* Whether it holds one still picture and no more, which is read whole then: *data and *size, valid until it is closed.
 * It waits for no more than it takes to tell. */
int lp_bytes_is_picture(lp_bytes *bytes, const uint8_t **data, size_t *size);

/* The kind of picture that it begins with, looked at by lp_bytes_is_picture. */
int lp_bytes_begins_with_jpeg(const lp_bytes *bytes);

/* For a demuxer, from the first byte on; it belongs to `bytes`. NULL for lack of memory. */
AVIOContext *lp_bytes_io(lp_bytes *bytes);

/* Whether what an address delivers has no end: a camera's parts, or a stream without a length. Asks the server. */
int lp_bytes_is_endless(const char *url, const atomic_int *stop);

/* Why the last read failed: FFmpeg's code, 0 for the end. */
int lp_bytes_failure(const lp_bytes *bytes);

#endif
