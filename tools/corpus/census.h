/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The state of a corpus, for `status` and its page. */

#ifndef LP_TOOLS_CORPUS_CENSUS_H
#define LP_TOOLS_CORPUS_CENSUS_H

#include "corpus/queue.h"

typedef enum lp_range_state {
    LP_RANGE_QUEUED,
    LP_RANGE_RUNNING,
    LP_RANGE_DONE,
    LP_RANGE_FAILED,
    LP_RANGE_CANCELLED,
    LP_RANGE_STATES
} lp_range_state;
extern const char *const lp_range_state_names[LP_RANGE_STATES + 1];

typedef struct lp_census {
    double now, started, last; /* seconds since 1970: now, the first claim, the last sign of a worker; 0: none yet */
    struct {
        int64_t ranges, frames, stored; /* stored: how many of the frames */
    } states[LP_RANGE_STATES];
    int64_t waiting;                  /* queued ranges that wait for another try after a failure */
    int64_t videos, complete, failed; /* failed: with a failed range */
    int64_t ranges, frames, stored, people;
    int64_t block_bytes; /* of stored blocks, packed */
    double fps_now;      /* over the last one to two minutes */
    double fps_mean;     /* from the first claim to now or, if nobody works, to the last sign of a worker */
    double seconds_left; /* -1: unknown */
} lp_census;

LIGHTPOSE_NODISCARD lightpose_status lp_census_take(lp_corpus *corpus, lp_census *census, lightpose_error *error);

/* A range with its last worker. Texts are valid until the next row. */
typedef struct lp_census_row {
    int64_t range, video, first, last, next, attempts;
    const char *name, *film, *camera, *path, *state, *host, *job, *reason, *detail, *cpu,
        *version;             /* NULL if there is none */
    double started, finished; /* NaN if there is none */
    double due;               /* of a running range, the end of its lease; of a queued one, the earliest start */
} lp_census_row;

/* Ranges that match the filter, by video and first frame, at most `most` (0: all). */
LIGHTPOSE_NODISCARD lightpose_status lp_census_ranges(lp_corpus *corpus, const lp_queue_filter *filter, int64_t most,
                                                      lp_db_rows **rows, lightpose_error *error);
void lp_census_read_row(lp_db_rows *rows, lp_census_row *row);

/* What was stored when, in steps of *minutes, chosen so that there are at most LP_CENSUS_HISTORY + 1 steps. A row for
 * each step in which something was stored: number of the step since 1970, frames, people, bytes of blocks. */
enum { LP_CENSUS_HISTORY = 240 };
LIGHTPOSE_NODISCARD lightpose_status lp_census_history(lp_corpus *corpus, double now, int *minutes, lp_db_rows **rows,
                                                       lightpose_error *error);

#endif
