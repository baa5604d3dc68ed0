/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* How many threads, and the OpenMP team they run in. */

#ifndef LP_BASE_THREADS_H
#define LP_BASE_THREADS_H

enum { LP_MAX_THREADS = 1024 };

/* CPUs in the affinity mask of the process; at least 1. */
int lp_threads_allowed(void);

/* The same, held to its cgroup's CPU quota rounded up; at least 1. */
int lp_threads_available(void);

/* oneDNN and our parallel loops take their team size from the calling thread's OpenMP setting, which belongs to the
 * application: enter sets it and returns the old value, which leave restores. */
int lp_threads_enter(int threads);
void lp_threads_leave(int saved);

#endif
