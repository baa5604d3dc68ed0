/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Where the results of a run go: which formats, under which names, for which of its streams. */

#ifndef LP_TOOLS_RUN_TARGETS_H
#define LP_TOOLS_RUN_TARGETS_H

#include "cli.h"
#include "input/source.h"
#include "output/output.h"

typedef struct lp_targets lp_targets;

/* As lp_places_plan, whose errors it has. What the arguments point at must outlive the targets. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_plan(lp_targets **targets, const lp_cli_operands *places,
                                                     const lp_cli_operands *formats, int draw,
                                                     const lp_sources *sources, const lp_output_options *options,
                                                     lightpose_error *error);

/* Whether any target calls a file after a stream, or, with `pictures`, after a picture of one. */
int lp_targets_use_names(const lp_targets *targets, int pictures);

/* Puts the files that hold several streams in their place. Call it last; *targets is NULL afterwards. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_finish(lp_targets **targets, lightpose_error *error);

/* Removes what is not whole. */
void lp_targets_abort(lp_targets **targets);

/* ---- One stream -------------------------------------------------------------------------------------------------- */

typedef struct lp_target_stream lp_target_stream;

/* `about` is copied; its strings must outlive the targets. Nothing is made or opened before a frame is good, so that a
 * source that yields none leaves nothing. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_begin(lp_target_stream **stream, lp_targets *targets,
                                                      const lp_output_stream *about, lightpose_error *error);

LIGHTPOSE_NODISCARD lightpose_status lp_targets_frame(lp_target_stream *stream, const lp_output_frame *frame,
                                                      lightpose_error *error);

/* Puts the stream's own files in their place. *stream is NULL afterwards in either case. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_end(lp_target_stream **stream, lightpose_error *error);

void lp_targets_drop(lp_target_stream **stream);

#endif
