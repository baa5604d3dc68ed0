/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What writers of one file share: the file, gzip where its name ends in .gz, and the text of a frame. A writer's state
 * begins with an lp_single.
 *
 * The text is handed on as soon as its frame is done, so that a file can be read as it grows and a killed process loses
 * nothing but the frame at work. A partial file is plain text, whatever its name: it is gzipped when it is whole, so
 * that it can be gone on with and comes out byte for byte as from one run. */

#ifndef LP_TOOLS_OUTPUT_SINGLE_H
#define LP_TOOLS_OUTPUT_SINGLE_H

#include "output/output.h"
#include "output/text.h"

typedef struct lp_single {
    lp_text text; /* what lp_single_emit writes next */
    const lp_output_options *options;
    const lp_output_stream *stream; /* the current one; set by the writer's begin */
    lp_output_file *file;
    struct lp_gzip *gzip; /* of a pipe or device called .gz, which is gzipped as it is written; else NULL */
    int zip;              /* gzipped when it is whole */
    char *path;
} lp_single;

/* A state of `size` bytes, zeroed but for its lp_single. With options->keep the file goes on where it was. */
lightpose_status lp_single_open(void **state, size_t size, const char *path, const lp_output_options *options,
                                lightpose_error *error);

/* Writes the text, hands it on and empties it. Call it once a frame. */
lightpose_status lp_single_emit(lp_single *single, lightpose_error *error);

/* As the writer's own begin, sync, restore, close and abort, where there is nothing more to do. close emits what is
 * left. */
lightpose_status lp_single_begin(void *state, const lp_output_stream *stream, lightpose_error *error);
lightpose_status lp_single_sync(void *state, int64_t *size, lightpose_error *error);
lightpose_status lp_single_restore(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                   lightpose_error *error);
lightpose_status lp_single_close(void **state, lightpose_error *error);
void lp_single_abort(void **state);

#endif
