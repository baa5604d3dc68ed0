/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Shared by writers of one file: the file, gzip if its name ends in .gz, and the text of a frame. A writer's state
 * begins with an lp_single.
 *
 * The text is written as soon as its frame is done, so that a file can be read as it grows and a killed process loses
 * only the current frame. A partial file is plain text, whatever its name. It is gzipped when it is complete, so that a
 * resumed file has the same bytes as that of a single run. */

#ifndef LP_TOOLS_OUTPUT_SINGLE_H
#define LP_TOOLS_OUTPUT_SINGLE_H

#include "output/output.h"
#include "output/text.h"

typedef struct lp_single {
    lp_text text; /* what lp_single_emit writes next */
    const lp_output_options *options;
    const lp_output_stream *stream; /* the current one; set by the writer's begin */
    lp_output_file *file;
    struct lp_gzip *gzip; /* of a pipe or device named .gz, which is gzipped as it is written; else NULL */
    int zip;              /* 1: gzip the file when it is complete */
    char *path;
} lp_single;

/* Makes a state of `size` bytes, zero except its lp_single. With options->keep, the file is continued. */
lightpose_status lp_single_open(void **state, size_t size, const char *path, const lp_output_options *options,
                                lightpose_error *error);

/* Writes the text, flushes the file and empties the text. Call it once per frame. */
lightpose_status lp_single_emit(lp_single *single, lightpose_error *error);

/* The writer's begin, sync, restore, close and abort, if it has nothing to add. close emits the remaining text. */
lightpose_status lp_single_begin(void *state, const lp_output_stream *stream, lightpose_error *error);
lightpose_status lp_single_sync(void *state, int64_t *size, lightpose_error *error);
lightpose_status lp_single_restore(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                   lightpose_error *error);
lightpose_status lp_single_close(void **state, lightpose_error *error);
void lp_single_abort(void **state);

#endif
