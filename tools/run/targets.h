/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Where the results of a run go: which formats, under which names, for which of its streams.
 *
 * An output that fails is reported and ends, and its file stays partial; the others continue. */

#ifndef LP_TOOLS_RUN_TARGETS_H
#define LP_TOOLS_RUN_TARGETS_H

#include "cli.h"
#include "input/source.h"
#include "output/output.h"
#include "run/segments.h"

typedef struct lp_targets lp_targets;

typedef struct lp_targets_options {
    const lp_cli_operands *places, *formats;
    int draw;
    const lp_sources *sources;
    const lp_output_options *output;
    int resume;                                   /* continue partial results, skip complete ones */
    int no_clobber;                               /* skip complete results */
    int in_order;                                 /* each frame depends on those before: skip none by itself */
    lp_segment_options segments;                  /* of files; after a failure another is begun a little later */
    void (*tell)(void *opaque, const char *text); /* reports a failed output */
    void *tell_opaque;
} lp_targets_options;

/* Plans the places and looks at what earlier runs left. Errors: those of lp_places_plan. What `options` points at must
 * outlive the targets. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_plan(lp_targets **targets, const lp_targets_options *options,
                                                     lightpose_error *error);

/* Whether any target names a file after a stream, or with `pictures` after a picture of a stream. */
int lp_targets_use_names(const lp_targets *targets, int pictures);

/* Whether any target's writer has this name, or with NULL, draws. */
int lp_targets_have(const lp_targets *targets, const char *writer);

/* What is left to do for a source after an earlier run. */
typedef struct lp_prospect {
    int whole;              /* every output has it: there is nothing to do */
    unsigned char *have;    /* of a list: for each picture, whether every output has it; NULL: none is known to exist */
    int have_count;         /* number of those pictures */
    int64_t next;           /* the first frame that some output still needs; 0: all */
    int64_t frames, people; /* already in the output that `next` is from */
    char *tracker;          /* the tracker's state in that output; NULL: none */
    size_t tracker_size;
} lp_prospect;

/* `differs` compares the run that wrote a result, as its side file describes it, with this one. It returns 0 if results
 * of the two fit together; else it returns 1 and says in `text` what differs. Errors: ARGUMENT if they do not fit, or
 * with --resume if the inputs are others; MEMORY. Free the prospect with lp_prospect_free. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_look(const lp_targets *targets, int source,
                                                     int (*differs)(void *opaque, const char *about, char text[256]),
                                                     void *opaque, lp_prospect *prospect, lightpose_error *error);

void lp_prospect_free(lp_prospect *prospect);

/* Calls `see` with the runs that made the results in the folders that this run writes to. */
void lp_targets_survey(const lp_targets *targets, void (*see)(void *opaque, const char *about), void *opaque);

/* Whether an output has failed; and whether that was standard output because its reader is gone. */
int lp_targets_failed(const lp_targets *targets);
int lp_targets_closed(const lp_targets *targets);

/* Whether any output still takes frames of some stream. */
int lp_targets_live(const lp_targets *targets);

/* Ends the files that hold several streams: gives them their final names, or with `interrupted` leaves them partial.
 * Call it after all streams have ended. */
void lp_targets_finish(lp_targets *targets, int interrupted);

/* Frees the targets; unfinished files stay partial. */
void lp_targets_free(lp_targets **targets);

/* ---- One stream -------------------------------------------------------------------------------------------------- */

typedef struct lp_target_stream lp_target_stream;

/* `about` is copied; its strings must outlive the targets. New files are created with the first good frame, so that a
 * source without one leaves nothing; continued files are opened at once. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_begin(lp_target_stream **stream, lp_targets *targets,
                                                      const lp_output_stream *about, lightpose_error *error);

void lp_targets_frame(lp_target_stream *stream, const lp_output_frame *frame);

/* Whether any output still takes its frames. */
int lp_targets_stream_live(const lp_target_stream *stream);

/* Writes checkpoints of its outputs, with the tracker's state, from which another run can continue. */
void lp_targets_checkpoint(lp_target_stream *stream, const void *tracker, size_t size);

/* Ends the stream: its own files get their final names, or with `interrupted` stay partial. Returns how many of its
 * outputs failed. *stream is NULL afterwards. */
int lp_targets_end(lp_target_stream **stream, int interrupted, const void *tracker, size_t size);

#endif
