/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Results in segments: files NAME-20261128T120000Z.jsonl, cut at multiples of a time on the wall clock, of which the
 * oldest go when all together are too large. */

#ifndef LP_TOOLS_RUN_SEGMENTS_H
#define LP_TOOLS_RUN_SEGMENTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "fail.h"

typedef struct lp_segment_options {
    double seconds;         /* from cut to cut; 0: there are no segments; INFINITY: they are cut by `cuts` alone */
    double keep_bytes;      /* 0: all are kept */
    double (*utc)(void);    /* the wall clock, in seconds since 1970; NULL: the system's */
    const atomic_int *cuts; /* a change cuts; may be NULL */
} lp_segment_options;

/* Which segment of its length a time belongs to. */
int64_t lp_segment_number(const lp_segment_options *options, double utc);
double lp_segment_utc(const lp_segment_options *options);

/* The name of the segment of PATH that begins now, with "-2", "-3" … behind its time where that is taken, as after the
 * clock was set back. `suffix` is the part of PATH that follows. Freed by the caller; NULL for lack of memory. */
char *lp_segment_name(const char *path, const char *suffix, double utc);

/* ".jsonl" of "a/b.jsonl", ".csv.gz" of "b.csv.gz"; within `path`. `writer_suffix`, where it ends in that. */
const char *lp_segment_suffix(const char *path, const char *writer_suffix);

/* How much of a segment that was not ended is worth its name. */
typedef enum lp_segment_rest {
    LP_SEGMENT_REST_NONE, /* it cannot be read as what its name says */
    LP_SEGMENT_REST_LINES,
    LP_SEGMENT_REST_ALL
} lp_segment_rest;

typedef struct lp_segmented {
    char *path;
    const char *suffix; /* within the path */
    lp_segment_rest rest;
} lp_segmented;

/* The outputs whose segments are counted together. */
typedef struct lp_segments {
    lp_segment_options options;
    lp_segmented *items;
    int count;
} lp_segments;

/* Counts an output. MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_segments_add(lp_segments *segments, const char *path, const char *suffix,
                                                     lp_segment_rest rest, lightpose_error *error);
void lp_segments_free(lp_segments *segments);

/* Gives their names to segments of the output `path` that a run which was killed, or a full disk, has left, as far as
 * they are worth it. What a run is writing stays as it is. */
void lp_segments_finish(const lp_segments *segments, const char *path);

/* Removes the oldest segments, with their side files, until all together hold no more than `keep_bytes`. Those that a
 * run is writing count and stay. A segment of a later time than now was written before the clock was set back: it
 * goes before all others. Nothing else is ever removed. Returns how many went. */
int lp_segments_sweep(const lp_segments *segments);

#endif
