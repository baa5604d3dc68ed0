/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/threads.h"

#include <omp.h>
#include <sched.h>

#include "base/quota.h"

int lp_threads_allowed(void) {
    /* The thread's affinity mask, unless OpenMP has bound the thread to one CPU (OMP_PROC_BIND): then OpenMP's count,
     * which is that of the program's mask. GNU's OpenMP counts the same way on each call; LLVM's counts only once.
     * sched_getaffinity fails if the kernel has more CPUs than the mask can hold. */
    cpu_set_t mask;
    const int bound = omp_get_proc_bind() != omp_proc_bind_false;
    const int cpus = !bound && sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : omp_get_num_procs();
    return cpus < 1 ? 1 : cpus > LP_MAX_THREADS ? LP_MAX_THREADS : cpus;
}

int lp_threads_available(void) {
    const int cpus = lp_threads_allowed(), quota = lp_quota_cpus("/proc/self/cgroup", "/sys/fs/cgroup");
    return quota < cpus ? quota : cpus;
}
