/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What targets.c and prospect.c share. */

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
    int64_t last_sweep;
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

void lp_target_free(lp_target *which);

/* Whether a partial result that stands behind `source` in a run of several, or at its end, or a whole one, has all of
 * it. */
int lp_left_has_all(const lp_left *left, int source, int shared);

#endif
