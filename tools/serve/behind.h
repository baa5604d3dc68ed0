/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Threads that serve viewers yield to the network. */

#ifndef LP_TOOLS_SERVE_BEHIND_H
#define LP_TOOLS_SERVE_BEHIND_H

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

/* Lowers the priority of the calling thread to nice 19, and with SCHED_BATCH it preempts no other when it wakes up. On
 * Linux nice values belong to threads. SCHED_IDLE would be lower still, but beside a busy program no page would ever be
 * sent. */
static inline void lp_step_behind(void) {
    const struct sched_param none = {0};
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
}

#endif
