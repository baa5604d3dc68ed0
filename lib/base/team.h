/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The threads that work on one frame.
 *
 * One OpenMP region per frame supplies the threads. Inside it, the calling thread runs ordinary sequential code, and
 * the others wait for it to share work out. Work is a number of units that are independent of each other. Each thread
 * first takes its own contiguous part of them, a quarter of what is left at a time, and then what other threads have
 * left: so a slow core, or one that another program holds, costs about its share and no more. A thread that does not
 * come in time is not waited for; its units are done by those that are there.
 *
 * Waiting threads spin for a few microseconds and then sleep in the kernel (futex). */

#ifndef LP_BASE_TEAM_H
#define LP_BASE_TEAM_H

#include "base/status.h"

typedef struct lp_team lp_team;

/* A team of up to `threads` threads, used by one caller at a time. MEMORY. */
lightpose_status lp_team_create(lp_team **team, int threads, lightpose_error *error);
void lp_team_destroy(lp_team **team);

/* The most threads there can be, at least 1; also for NULL, which is a team of the calling thread alone. */
int lp_team_size(const lp_team *team);

/* Calls body(argument) in the calling thread, with the team's other threads ready for lp_team_share. oneDNN computes on
 * the calling thread alone inside. OpenMP's settings are as before afterwards.
 *
 * There are no other threads where the team has one, where OpenMP grants no more (inside a parallel region of the
 * application), or in a child of a process that had used them before it forked: libgomp's threads do not survive a
 * fork, and a region would wait for them for ever. */
typedef void lp_team_body(void *argument);
void lp_team_run(lp_team *team, lp_team_body *body, void *argument);

/* Calls task(job, begin, end, thread) for parts of the units [0, units), each unit once, and returns when all are done.
 * `thread` is below lp_team_size, and differs between calls that run at the same time. Outside of lp_team_run, or with
 * a NULL team, there is one call, for all units. */
typedef void lp_team_task(void *job, int begin, int end, int thread);
void lp_team_share(lp_team *team, int units, lp_team_task *task, void *job);

/* For the benchmark: makes a thread work as if it were `factor` times slower, by idling after each part. 1: no more. */
void lp_team_slow_down(lp_team *team, int thread, double factor);

#endif
