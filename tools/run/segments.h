/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Results in segments: files NAME-20261128T120000Z.jsonl, cut at multiples of a time on the wall clock. The oldest are
 * removed when all together are too large. */

#ifndef LP_TOOLS_RUN_SEGMENTS_H
#define LP_TOOLS_RUN_SEGMENTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "fail.h"

typedef struct lp_segment_options {
    double seconds;         /* length of a segment; 0: no segments; INFINITY: cut only by `cuts` */
    double keep_bytes;      /* 0: keep all */
    double (*utc)(void);    /* the wall clock, in seconds since 1970; NULL: the system's */
    const atomic_int *cuts; /* each change of the value cuts; may be NULL */
} lp_segment_options;

/* The number of the segment that a time belongs to. */
int64_t lp_segment_number(const lp_segment_options *options, double utc);
double lp_segment_utc(const lp_segment_options *options);

/* The name of the segment of PATH that begins now. If it exists, as it may after the clock was set back, "-2", "-3" …
 * follows the time. `suffix` points at the part of PATH after the time. Freed by the caller; NULL if out of memory. */
char *lp_segment_name(const char *path, const char *suffix, double utc);

/* The suffix within `path`: `writer_suffix` if the path ends in it, else ".jsonl" of "a/b.jsonl", ".csv.gz" of
 * "b.csv.gz". */
const char *lp_segment_suffix(const char *path, const char *writer_suffix);

/* How much of an unfinished segment is a valid file. */
typedef enum lp_segment_rest {
    LP_SEGMENT_REST_NONE, /* nothing: it cannot be read as what its name says */
    LP_SEGMENT_REST_LINES,
    LP_SEGMENT_REST_ALL
} lp_segment_rest;

typedef struct lp_segmented {
    char *path;
    const char *suffix; /* within the path */
    lp_segment_rest rest;
} lp_segmented;

/* The outputs whose segments together may take keep_bytes. */
typedef struct lp_segments {
    lp_segment_options options;
    lp_segmented *items;
    int count;
} lp_segments;

/* Adds an output. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_segments_add(lp_segments *segments, const char *path, const char *suffix,
                                                     lp_segment_rest rest, lightpose_error *error);
void lp_segments_free(lp_segments *segments);

/* Finishes segments of the output `path` that a killed run or a full disk has left partial: cuts them to what is valid
 * and gives them their final names. Segments that a run is writing stay as they are. */
void lp_segments_finish(const lp_segments *segments, const char *path);

/* Removes the oldest segments, with their side files, until all together take no more than `keep_bytes`. Those that a
 * run is writing count but stay. A segment of a time in the future was written before the clock was set back: it is
 * removed before all others. Nothing else is ever removed. Returns how many were removed. */
int lp_segments_sweep(const lp_segments *segments);

#endif
