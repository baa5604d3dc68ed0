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

/* The outputs whose segments are counted together. */
typedef struct lp_segments {
    lp_segment_options options;
    char **paths;
    const char **suffixes; /* within the paths */
    int count;
} lp_segments;

/* Counts an output, and finishes what a run that was killed left of its segments: cut behind the last whole line where
 * `lines`, they get their names. MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_segments_add(lp_segments *segments, const char *path, const char *suffix,
                                                     int lines, int recovers, lightpose_error *error);
void lp_segments_free(lp_segments *segments);

/* Removes the oldest complete segments, with their side files, until all together, those that are being written among
 * them, hold no more than `keep_bytes`. Nothing else is ever removed. Returns how many went. */
int lp_segments_sweep(const lp_segments *segments);

#endif
