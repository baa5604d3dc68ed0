/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The number of usable CPUs. team.h has the threads themselves. */

#ifndef LP_BASE_THREADS_H
#define LP_BASE_THREADS_H

enum { LP_MAX_THREADS = 1024 };

/* CPUs in the affinity mask of the process; at least 1. */
int lp_threads_allowed(void);

/* The same, limited to the cgroup's CPU quota rounded up; at least 1. */
int lp_threads_available(void);

#endif
