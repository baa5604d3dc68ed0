/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Shared by the files behind engine.h: engine.c, engine_lanes.c and engine_workers.c. */

#ifndef LP_TOOLS_RUN_ENGINE_INSIDE_H
#define LP_TOOLS_RUN_ENGINE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "run/engine.h"

enum { PHASE_FREE, PHASE_READ, PHASE_BUSY, PHASE_DONE };

/* first <= take <= last: jobs [first, take) are in work or done, [take, last) wait for a worker. */
typedef struct lp_lane {
    lp_engine *engine;
    pthread_t reader;
    int started, finished, live;
    int first_source, sources;
    lp_job *ring;
    int64_t capacity, first, take, last;
    atomic_int reading; /* the reader waits for the source or decodes */
    atomic_uint looks;  /* how often it has polled input.wait.stop */
    unsigned seen;      /* `looks` at the last call of lp_engine_silent_ns, */
    int64_t seen_ns;    /* and when it last changed */
} lp_lane;

typedef struct lp_worker {
    lp_engine *engine;
    lightpose_context *context;
    lightpose_context **others; /* of the governor's levels 1 and above */
    int prepared_width, prepared_height;
    pthread_t thread;
    int started;
    int source; /* of the last frame */
} lp_worker;

struct lp_engine {
    lp_engine_options options;
    atomic_int quit;     /* everything ends at once */
    atomic_int *skipped; /* for each source */
    pthread_mutex_t lock;
    pthread_cond_t read, freed, done;
    lp_lane *lanes;
    int lane_count, next_lane, next_take;
    lp_worker *workers;
    lightpose_governor *governor; /* NULL: none */
    int level;
};

static inline lp_job *lp_lane_at(lp_lane *l, int64_t number) {
    return &l->ring[number % l->capacity];
}

static inline int lp_engine_is_told_to_stop(const lp_engine *e) {
    return e->options.input.wait.stop && atomic_load(e->options.input.wait.stop);
}

/* The threads; the argument is a lp_lane or a lp_worker. */
void *lp_lane_read(void *lane);
void *lp_worker_work(void *worker);

#endif
