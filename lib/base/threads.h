/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* How many threads, and the OpenMP team they run in. */

#ifndef LP_BASE_THREADS_H
#define LP_BASE_THREADS_H

#include <stddef.h>

enum { LP_MAX_THREADS = 1024 };

/* CPUs in the affinity mask of the process; at least 1. */
int lp_threads_allowed(void);

/* The same, held to its cgroup's CPU quota rounded up; at least 1. */
int lp_threads_available(void);

/* oneDNN and our parallel loops take their team size from the calling thread's OpenMP setting, which belongs to the
 * application: enter sets it and returns the old value, which leave restores. */
int lp_threads_enter(int threads);
void lp_threads_leave(int saved);

/* Calls work(job, i) for each part i of `parts`, on as many threads, or on those that OpenMP grants. One part runs in
 * the caller alone: for a parallel region of one thread libgomp makes a team, and frees it. */
typedef void lp_work(void *job, int part);
void lp_threads_share(int parts, lp_work *work, void *job);

/* Where part `part` of `parts` begins among `count` things; it ends where the next begins. */
static inline size_t lp_part_begin(size_t count, int part, int parts) {
    return count / (size_t)parts * (size_t)part + count % (size_t)parts * (size_t)part / (size_t)parts;
}

#endif
