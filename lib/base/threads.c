/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/threads.h"

#include <omp.h>

#include "base/quota.h"

int lp_threads_allowed(void) {
    /* OpenMP's count is that of the thread's affinity mask, except where OpenMP itself has bound the thread to one CPU
     * (OMP_PROC_BIND): there it is that of the program's mask. */
    const int cpus = omp_get_num_procs();
    return cpus < 1 ? 1 : cpus > LP_MAX_THREADS ? LP_MAX_THREADS : cpus;
}

int lp_threads_available(void) {
    const int cpus = lp_threads_allowed(), quota = lp_quota_cpus("/proc/self/cgroup", "/sys/fs/cgroup");
    return quota < cpus ? quota : cpus;
}

int lp_threads_enter(int threads) {
    const int saved = omp_get_max_threads();
    omp_set_num_threads(threads);
    return saved;
}

void lp_threads_leave(int saved) {
    omp_set_num_threads(saved);
}

void lp_threads_share(int parts, lp_work *work, void *job) {
    if (parts <= 1) {
        work(job, 0);
        return;
    }
#pragma omp parallel for schedule(static) num_threads(parts)
    for (int part = 0; part < parts; part++)
        work(job, part);
}
