/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Where the results of a run go: which formats, under which names, for which of its streams.
 *
 * An output that fails is told, ends alone, and keeps what it has; the others go on. */

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
    int resume;                                   /* go on with what is partial, pass over what is whole */
    int no_clobber;                               /* pass over what is whole */
    int in_order;                                 /* frames depend on those before: none is passed over by itself */
    lp_segment_options segments;                  /* of files; one that fails is begun anew after a while */
    void (*tell)(void *opaque, const char *text); /* of an output that fails */
    void *tell_opaque;
} lp_targets_options;

/* As lp_places_plan, whose errors it has. What the options point at must outlive the targets. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_plan(lp_targets **targets, const lp_targets_options *options,
                                                     lightpose_error *error);

/* Whether any target calls a file after a stream, or, with `pictures`, after a picture of one. */
int lp_targets_use_names(const lp_targets *targets, int pictures);

/* Whether any target's writer is the one of this name, or, with NULL, draws. */
int lp_targets_have(const lp_targets *targets, const char *writer);

/* What is left to do for a source, by what an earlier run left. */
typedef struct lp_prospect {
    int whole;           /* every output has it: nothing is to do */
    unsigned char *have; /* of a list: for each picture, whether every output has it; NULL: none is known to be there */
    int have_count;      /* pictures that are */
    int64_t next;        /* the least index that some output still takes; 0: all */
    int64_t frames, people; /* that the output it was taken from has already */
    char *tracker;          /* the tracker's memory there; NULL: none */
    size_t tracker_size;
} lp_prospect;

/* `differs` says in `text` how the run that wrote a result, told by its meta, differs from this one: 1, or 0 where
 * results of the two fit together. Errors: ARGUMENT where they do not, MEMORY. Free it with lp_prospect_free. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_look(const lp_targets *targets, int source,
                                                     int (*differs)(void *opaque, const char *about, char text[256]),
                                                     void *opaque, lp_prospect *prospect, lightpose_error *error);

void lp_prospect_free(lp_prospect *prospect);

/* Shows `see` the runs that made the results in the folders that this run writes to. */
void lp_targets_survey(const lp_targets *targets, void (*see)(void *opaque, const char *about), void *opaque);

/* Whether an output failed so far; and whether that was standard output, whose reader has gone. */
int lp_targets_failed(const lp_targets *targets);
int lp_targets_closed(const lp_targets *targets);

/* Whether any output still takes frames of some stream. */
int lp_targets_live(const lp_targets *targets);

/* Ends the files that hold several streams: puts them in their place, or with `interrupted` leaves them partial. Call
 * it when all streams have ended. */
void lp_targets_finish(lp_targets *targets, int interrupted);

/* Frees them; what is not finished stays partial. */
void lp_targets_free(lp_targets **targets);

/* ---- One stream -------------------------------------------------------------------------------------------------- */

typedef struct lp_target_stream lp_target_stream;

/* `about` is copied; its strings must outlive the targets. Nothing is made or opened before a frame is good, so that a
 * source that yields none leaves nothing; but what is gone on with is opened at once. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_begin(lp_target_stream **stream, lp_targets *targets,
                                                      const lp_output_stream *about, lightpose_error *error);

void lp_targets_frame(lp_target_stream *stream, const lp_output_frame *frame);

/* Whether any output still takes its frames. */
int lp_targets_stream_live(const lp_target_stream *stream);

/* Writes down where its outputs are, with the tracker's memory, for another run to go on from. */
void lp_targets_checkpoint(lp_target_stream *stream, const void *tracker, size_t size);

/* Ends the stream: its own files get their place, or, with `interrupted`, stay partial. Returns how many outputs of it
 * failed. *stream is NULL afterwards. */
int lp_targets_end(lp_target_stream **stream, int interrupted, const void *tracker, size_t size);

#endif
