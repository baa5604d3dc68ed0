/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Other programs that hold cores, as a user's in another terminal would: processes in sessions of their own, which
 * Linux groups for scheduling, that compute without pause. */

#ifndef BENCH_HOLD_H
#define BENCH_HOLD_H

enum { HOLD_MOST = 1024 };

typedef struct hold {
    int pids[HOLD_MOST], count;
} hold;

/* Starts `count` of them; 0, or -1 where one could not be started: then there is none. They end with this process. */
int hold_start(hold *all, int count);
void hold_stop(hold *all);

#endif
