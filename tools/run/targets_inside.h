/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Shared by the files behind targets.h: targets.c, targets_segments.c, targets_resume.c and prospect.c. */

#ifndef LP_TOOLS_RUN_TARGETS_INSIDE_H
#define LP_TOOLS_RUN_TARGETS_INSIDE_H

#include "run/left.h"
#include "run/segments.h"
#include "run/targets.h"

/* An output and its state: one for each place that is a file, and one for each stream at each place that is a folder.
 */
typedef struct lp_target {
    lp_slot slot;
    lp_left left;
    lp_output *out; /* NULL: not open yet, or ended */
    int dead;       /* it failed */

    /* In segments. The slot is that of the current segment. */
    char *whole;        /* the path that all are named after; NULL: no segments */
    int lasts;          /* a segment was opened: after a failure another is begun */
    const char *suffix; /* within `whole` */
    int64_t number;     /* of the current segment */
    int cuts;           /* options.segments.cuts when it began */
    int64_t retry_ns;   /* after a failure: when to begin the next */
} lp_target;

struct lp_targets {
    lp_targets_options options;
    lp_places places;
    lp_target *shared;          /* for each place */
    lp_output_stream **streams; /* all that have begun: outputs point at them */
    int stream_count;
    int failed, closed;
    lp_segments segments;
    int64_t last_look;
};

/* A frame that failed before the outputs were open. */
typedef struct failed_frame {
    int64_t index;
    double time;
    const char *name;
    lp_frame_state state;
    double utc;
    char reason[200];
} failed_frame;

struct lp_target_stream {
    lp_targets *targets;
    lp_output_stream *about, *about_shared; /* for outputs of this stream alone, and for files of all streams */
    lp_target *own;                         /* for each folder; unused where the place is a file */
    int *takes;                             /* for each place: it takes frames of this stream */
    int *begun;                             /* for each place: its output has begun this stream */
    int open;
    int failed;
    failed_frame *waiting;
    int waiting_count, waiting_capacity;
};

static inline const lp_place *lp_place_at(const lp_targets *t, int index) {
    return &t->places.items[index];
}

static inline int lp_place_is_for(const lp_place *place, lp_stream_kind kind) {
    return kind == LP_STREAM_IMAGES ? place->pictures : place->videos;
}

static inline lp_stream_kind lp_stream_kind_of(const lp_source *source) {
    return source->kind == LP_SOURCE_PICTURES ? LP_STREAM_IMAGES : LP_STREAM_VIDEO;
}

static inline lp_target *lp_target_of(const lp_target_stream *s, int index) {
    return lp_place_at(s->targets, index)->folder ? &s->own[index] : &s->targets->shared[index];
}

void lp_target_free(lp_target *which);

/* Ends a failed output at place `index`; its file stays partial. An output in segments begins another after a while.
 * `stream` may be NULL. */
void lp_target_fail(lp_targets *targets, lp_target_stream *stream, int index, lp_target *which,
                    const lightpose_error *error);

/* A copy that lives as long as the targets: outputs point at their streams. NULL if out of memory. */
lp_output_stream *lp_targets_keep_stream(lp_targets *targets, const lp_output_stream *about);

/* Names the next segment. It does nothing without segments, and for standard output, devices and formats of one file
 * per frame. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_begin_segment(lp_targets *targets, int index, lp_target *which,
                                                              lightpose_error *error);

/* Ends the segments whose time is over, and removes the oldest. */
void lp_targets_end_segments(lp_target_stream *stream);

/* The first continues what an earlier run left of this stream's outputs. The second continues a file of several streams
 * at the stream where it stopped: `current`, which may be NULL, or another. */
void lp_targets_resume(lp_target_stream *stream);
LIGHTPOSE_NODISCARD lightpose_status lp_targets_resume_shared(lp_targets *targets, int index,
                                                              const lp_output_stream *current, lightpose_error *error);

/* Whether a result has all of `source`: it is complete, or it is a partial file of several streams that stopped after
 * the end of `source`. */
int lp_left_has_all(const lp_left *left, int source, int shared);

#endif
