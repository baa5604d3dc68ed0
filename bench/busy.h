/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Processes that keep CPU cores busy, as a program in another terminal would: each computes without pause, in a session
 * of its own, which Linux schedules as a separate group. */

#ifndef BENCH_BUSY_H
#define BENCH_BUSY_H

enum { BUSY_MOST = 1024 };

typedef struct busy {
    int pids[BUSY_MOST], count;
} busy;

/* Starts `count` processes. Returns 0, or -1 if one could not be started; then none is left running. They end with this
 * process. */
int busy_start(busy *all, int count);
void busy_stop(busy *all);

#endif
