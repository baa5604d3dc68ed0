/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Frames that were stored, on their way to outputs as in a run: people are followed and chosen, and all formats without
 * pictures are written, byte for byte as a run writes them.
 *
 *     init -> add a stream, add another, … -> open -> begin(0) -> frame, frame, … -> end -> begin(1) -> … -> close */

#ifndef LP_TOOLS_RUN_STORED_H
#define LP_TOOLS_RUN_STORED_H

#include "run/options.h"

typedef struct lp_stored lp_stored;

/* `command`: what messages call it. `options`: those of results and people count. Both must outlive it. NULL for lack
 * of memory. */
lp_stored *lp_stored_create(const char *command, const lp_run_options *options);
void lp_stored_destroy(lp_stored **stored);

/* One more stream, whose strings are copied. `about`: members of a JSON object that say which run it is of, or NULL
 * where nobody knows or lp_stored_tell says it later. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_stored_add(lp_stored *stored, const lp_output_stream *stream, const char *about,
                                                   lightpose_error *error);

/* Says later which run stream `number` is of; -1: what is told beside a file of several streams of different runs,
 * which else is nothing. `about` is copied; NULL: there was no memory for it. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_stored_tell(lp_stored *stored, int number, const char *about,
                                                    lightpose_error *error);

/* A picture of the last stream, which is a list of them. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_stored_add_picture(lp_stored *stored, const char *name, lightpose_error *error);

/* Plans the outputs; none of `files` is replaced. Without --output they go to standard output, without a format they
 * are JSON Lines. Returns LP_CLI_GO, or an exit code after a message. */
int lp_stored_open(lp_stored *stored, const lp_cli_operands *files);

/* Streams in any order, each once. Errors: ARGUMENT, MEMORY. Outputs that fail are told, and the others go on. */
LIGHTPOSE_NODISCARD lightpose_status lp_stored_begin(lp_stored *stored, int number, lightpose_error *error);
LIGHTPOSE_NODISCARD lightpose_status lp_stored_frame(lp_stored *stored, const lp_output_frame *frame,
                                                     lightpose_error *error);

/* Ends the stream, and says on standard output what it had; with `interrupted` its files stay partial. */
void lp_stored_end(lp_stored *stored, int interrupted);

/* Ends the outputs of several streams. Returns an exit code. */
int lp_stored_close(lp_stored *stored, int interrupted);

#endif
