/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Processes that keep CPU cores busy, as a program in another terminal would: each in a session of its own, which Linux
 * schedules as a group of its own, and computing without pause. */

#ifndef BENCH_BUSY_H
#define BENCH_BUSY_H

enum { BUSY_MOST = 1024 };

typedef struct busy {
    int pids[BUSY_MOST], count;
} busy;

/* Starts `count` processes. Returns 0, or -1 if one could not be started; then none is left. They end when this process
 * does. */
int busy_start(busy *all, int count);
void busy_stop(busy *all);

#endif
