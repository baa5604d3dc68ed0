/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The bytes of a source that is remote or can be read only once: standard input, a named pipe, an address. It is opened
 * once; bytes read to detect its kind are kept and read again. */

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

/* Whether the source is a single still picture. If so, reads it completely into *data and *size, valid until `bytes` is
 * closed. Otherwise reads no more than the decision takes. */
int lp_bytes_is_picture(lp_bytes *bytes, const uint8_t **data, size_t *size);

/* Whether the source begins with a JPEG picture. Call lp_bytes_is_picture before. */
int lp_bytes_begins_with_jpeg(const lp_bytes *bytes);

/* The input of a demuxer, from the first byte on; it belongs to `bytes`. NULL if out of memory. */
AVIOContext *lp_bytes_io(lp_bytes *bytes);

/* Asks the server whether an address is endless: multipart pictures of a camera, or a stream without a length. */
int lp_bytes_is_endless(const char *url, const atomic_int *stop);

/* Why the last read failed: FFmpeg's code, or 0 for the end. */
int lp_bytes_failure(const lp_bytes *bytes);

#endif
