/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Threads that serve viewers let the network go first. */

#ifndef LP_TOOLS_SERVE_BEHIND_H
#define LP_TOOLS_SERVE_BEHIND_H

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

/* The calling thread gets what others leave, and interrupts none of them when it wakes up. Linux's nice values are
 * those of threads. SCHED_IDLE would be lower still, but beside a busy program no page would come. */
static inline void lp_step_behind(void) {
    const struct sched_param none = {0};
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
}

#endif
