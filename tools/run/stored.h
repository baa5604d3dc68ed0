/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Writes stored frames to outputs as a run does: people are tracked and chosen, and all formats without pictures are
 * written, byte for byte as a run writes them.
 *
 *     init -> add a stream, add another, … -> open -> begin(0) -> frame, frame, … -> end -> begin(1) -> … -> close */

#ifndef LP_TOOLS_RUN_STORED_H
#define LP_TOOLS_RUN_STORED_H

#include "run/options.h"

typedef struct lp_stored lp_stored;

/* `command` is its name in messages. Of `options` only those of results and people are used. Both must outlive it. NULL
 * if out of memory. */
lp_stored *lp_stored_create(const char *command, const lp_run_options *options);
void lp_stored_destroy(lp_stored **stored);

/* Adds a stream; its strings are copied. `about`: members of a JSON object that describe the run it is from, or NULL if
 * unknown or set later by lp_stored_tell. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_stored_add(lp_stored *stored, const lp_output_stream *stream, const char *about,
                                                   lightpose_error *error);

/* Sets which run stream `number` is from. With -1 it sets the description beside a file of several streams of different
 * runs, which otherwise is empty. `about` is copied; NULL, from a failed allocation, is an error. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_stored_tell(lp_stored *stored, int number, const char *about,
                                                    lightpose_error *error);

/* Adds a picture to the last stream, which is a list of pictures. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_stored_add_picture(lp_stored *stored, const char *name, lightpose_error *error);

/* Plans the outputs, none of which may be one of `files`. The default output is standard output, the default format
 * JSON Lines. Returns LP_CLI_GO, or an exit code after a message. */
int lp_stored_open(lp_stored *stored, const lp_cli_operands *files);

/* Streams may come in any order, each once. Errors: ARGUMENT, MEMORY. A failed output is reported, and the others
 * continue. */
LIGHTPOSE_NODISCARD lightpose_status lp_stored_begin(lp_stored *stored, int number, lightpose_error *error);
LIGHTPOSE_NODISCARD lightpose_status lp_stored_frame(lp_stored *stored, const lp_output_frame *frame,
                                                     lightpose_error *error);

/* Ends the stream and prints its counts on standard output; with `interrupted` its files stay partial. */
void lp_stored_end(lp_stored *stored, int interrupted);

/* Ends the outputs of several streams. Returns an exit code. */
int lp_stored_close(lp_stored *stored, int interrupted);

#endif
