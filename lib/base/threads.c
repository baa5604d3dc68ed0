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
