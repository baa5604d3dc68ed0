/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The threads that work on one frame.
 *
 * One OpenMP region per frame supplies the threads. Inside it, the calling thread runs ordinary sequential code, and
 * the others wait for it to share work. Work is a number of independent units. Each thread first takes units from its
 * own contiguous part, a quarter of the rest at a time, and then from the parts of other threads. So a slow core, or
 * one that another program uses, costs little more than its own share. Nobody waits for a thread that starts late: the
 * others do its units.
 *
 * Waiting threads spin for a few microseconds and then sleep in the kernel (futex). */

#ifndef LP_BASE_TEAM_H
#define LP_BASE_TEAM_H

#include "base/status.h"

typedef struct lp_team lp_team;

/* A team of up to `threads` threads, for one caller at a time. MEMORY. */
lightpose_status lp_team_create(lp_team **team, int threads, lightpose_error *error);
void lp_team_destroy(lp_team **team);

/* The maximum number of threads, at least 1. NULL is a team of the calling thread alone. */
int lp_team_size(const lp_team *team);

/* Calls body(argument) in the calling thread, with the team's other threads ready for lp_team_share. Inside, oneDNN
 * computes on the calling thread alone. OpenMP's settings are restored afterwards.
 *
 * There are no other threads if the team has only one, if OpenMP grants no more (inside a parallel region of the
 * application), or in a forked child whose parent had used several threads: libgomp's threads do not survive a fork,
 * and a region would wait for them forever. */
typedef void lp_team_body(void *argument);
void lp_team_run(lp_team *team, lp_team_body *body, void *argument);

/* Calls task(job, begin, end, thread) for parts of the units [0, units), each unit once, and returns when all are done.
 * `thread` is below lp_team_size, and differs between calls that run at the same time. Outside lp_team_run, or with a
 * NULL team, there is one call, for all units. */
typedef void lp_team_task(void *job, int begin, int end, int thread);
void lp_team_share(lp_team *team, int units, lp_team_task *task, void *job);

/* For the benchmark: makes a thread `factor` times slower by idling after each part. 1: normal speed. */
void lp_team_slow_down(lp_team *team, int thread, double factor);

#endif
