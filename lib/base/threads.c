/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/threads.h"

#include <omp.h>
#include <sched.h>

#include "base/quota.h"

int lp_threads_allowed(void) {
    /* A mask of 16384 CPUs: sched_getaffinity fails where the mask is smaller than the kernel's. */
    cpu_set_t set[16];
    int cpus = 1;

    if (sched_getaffinity(0, sizeof set, set) == 0)
        cpus = CPU_COUNT_S(sizeof set, set);
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
