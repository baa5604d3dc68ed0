/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What writers of one file share: the file, gzip where its name ends in .gz, and the text of a frame. A writer's state
 * begins with an lp_single. */

#ifndef LP_TOOLS_OUTPUT_SINGLE_H
#define LP_TOOLS_OUTPUT_SINGLE_H

#include "output/output.h"
#include "output/text.h"

typedef struct lp_single {
    lp_text text; /* what lp_single_emit writes next */
    const lp_output_options *options;
    const lp_output_stream *stream; /* the current one; set by the writer's begin */
    lp_output_file *file;
    struct lp_gzip *gzip; /* NULL: plain */
} lp_single;

/* A state of `size` bytes, zeroed but for its lp_single. */
lightpose_status lp_single_open(void **state, size_t size, const char *path, const lp_output_options *options,
                                lightpose_error *error);

/* Writes the text and empties it; hands it on at once for a camera. */
lightpose_status lp_single_emit(lp_single *single, lightpose_error *error);

/* As the writer's own begin, close and abort, where there is nothing more to do. close emits what is left. */
lightpose_status lp_single_begin(void *state, const lp_output_stream *stream, lightpose_error *error);
lightpose_status lp_single_close(void **state, lightpose_error *error);
void lp_single_abort(void **state);

#endif
