/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the files share that make up targets.h: targets.c, targets_segments.c, targets_resume.c and prospect.c. */

#ifndef LP_TOOLS_RUN_TARGETS_INSIDE_H
#define LP_TOOLS_RUN_TARGETS_INSIDE_H

#include "run/left.h"
#include "run/segments.h"
#include "run/targets.h"

/* An output and how it stands. One for each place that is a file, and one for each stream and place that is a folder.
 */
typedef struct lp_target {
    lp_slot slot;
    lp_left left;
    lp_output *out; /* NULL: not open yet, or ended */
    int dead;       /* it failed */

    /* In segments. The slot is that of the current one. */
    char *whole;        /* the path that all are called after; NULL: there are none */
    int lasts;          /* one was opened: those that fail are followed by others */
    const char *suffix; /* within it */
    int64_t number;     /* of the current segment */
    int cuts;           /* the value of options.segments.cuts then */
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

/* A frame that failed before there was anything to write it to. */
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
    lp_output_stream *about, *about_shared; /* by whether the output has this stream alone */
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

/* Ends an output that failed, at place `index`; what it has stays. One in segments goes on with another after a while.
 * `stream` may be NULL. */
void lp_target_fail(lp_targets *targets, lp_target_stream *stream, int index, lp_target *which,
                    const lightpose_error *error);

/* A copy that lives as long as the targets: outputs point at their streams. NULL for lack of memory. */
lp_output_stream *lp_targets_keep_stream(lp_targets *targets, const lp_output_stream *about);

/* Names the next segment, of a file that has its own name: not of standard output, a device, or files for each frame.
 * Without segments it does nothing. */
LIGHTPOSE_NODISCARD lightpose_status lp_targets_begin_segment(lp_targets *targets, int index, lp_target *which,
                                                              lightpose_error *error);

/* Ends the segments whose time is over, and removes the oldest. */
void lp_targets_end_segments(lp_target_stream *stream);

/* Goes on with what an earlier run left of this stream's outputs; and of one that holds several, at the stream where it
 * stands: `current`, which may be NULL, or another. */
void lp_targets_resume(lp_target_stream *stream);
LIGHTPOSE_NODISCARD lightpose_status lp_targets_resume_shared(lp_targets *targets, int index,
                                                              const lp_output_stream *current, lightpose_error *error);

/* Whether a partial result that stands behind `source` in a run of several, or at its end, or a whole one, has all of
 * it. */
int lp_left_has_all(const lp_left *left, int source, int shared);

#endif
