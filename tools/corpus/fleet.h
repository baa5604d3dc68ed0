/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Decides how many more jobs a corpus needs, and checks the jobs that were submitted. */

#ifndef LP_TOOLS_CORPUS_FLEET_H
#define LP_TOOLS_CORPUS_FLEET_H

#include "corpus/slurm.h"

/* Seconds after which a job that finds nothing to do ends. */
#define LP_FLEET_IDLE      60
#define LP_FLEET_IDLE_TEXT "60"

/* After this many arrays in a row without a claimed range, something is wrong that another try does not fix. */
enum { LP_FLEET_MOST_BAD = 5 };

typedef struct lp_fleet_array {
    char id[32];
    int count;
    double submitted; /* by the database's clock */
} lp_fleet_array;

typedef struct lp_fleet {
    lp_fleet_array *arrays; /* submitted by this process, with jobs that may still run */
    int count, bad;         /* bad: arrays in a row without a claimed range */
    int is_hopeless;
    const char *only; /* ids of the videos whose ranges jobs claim (corpus/queue.h); NULL: all */
    void (*tell)(void *opaque, const char *text);
    void *opaque;
} lp_fleet;

void lp_fleet_free(lp_fleet *fleet);

typedef struct lp_fleet_plan {
    int64_t queued, running; /* ranges */
    int count;               /* jobs to submit */
} lp_fleet_plan;

/* Plans a job for each range that no existing job will take, up to `most` jobs in all. If no job of an array has
 * claimed a range, that is reported with its log in `logs`, and the next array has only one job. Errors: FILE, MEMORY;
 * STATE after LP_FLEET_MOST_BAD such arrays in a row (is_hopeless). */
LIGHTPOSE_NODISCARD lightpose_status lp_fleet_make_plan(lp_fleet *fleet, lp_corpus *corpus, const lp_slurm_jobs *jobs,
                                                        int most, const char *logs, lp_fleet_plan *plan,
                                                        lightpose_error *error);

/* Remembers an array. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_fleet_add(lp_fleet *fleet, lp_corpus *corpus, const char *id, int count,
                                                  lightpose_error *error);

#endif
