/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One way to use the cores: a number of contexts, each with a number of threads, that process frames in memory for a
 * span of time. */

#ifndef BENCH_POOL_H
#define BENCH_POOL_H

#include "machine.h"
#include "measure.h"
#include "samples.h"

enum { STAGE_PREPROCESS, STAGE_NETWORK, STAGE_PEAKS, STAGE_GROUPING, STAGE_TOTAL, STAGES };

/* The condition of a span: nothing added; cores kept busy by other processes (busy.h); one thread of each context
 * slowed down. */
typedef enum pool_condition { POOL_QUIET, POOL_BUSY, POOL_SLOWED, POOL_CONDITIONS } pool_condition;

/* The durations of one frame of the input, over all its runs. */
typedef struct pool_frame {
    samples stage[STAGES];
    int people;
} pool_frame;

typedef struct pool {
    const measure_options *options;
    const frames *input;
    int contexts, threads; /* threads of each context */
    lightpose_context **context;
    lightpose_result **result;
    pool_frame *frame;             /* one per frame of the input; only filled for a single context in POOL_QUIET */
    samples rate[POOL_CONDITIONS]; /* frames a second of each span */
    int64_t next;          /* counts the frames of all spans, so that a span continues where the last one ended */
    machine_load load;     /* what else ran during the quiet spans */
    lightpose_stats stats; /* of the first context's last frame */
} pool;

/* Opens the contexts and runs every frame once on each, so that all plans exist and all buffers have their final size.
 * pool_close() frees everything, also after a failure. */
lightpose_status pool_open(pool *made, const measure_options *options, const frames *input, int contexts, int threads,
                           lightpose_error *error);
void pool_close(pool *p);

/* Processes frames for `seconds`, and until each context has done `min_runs`. A single context works in the calling
 * thread. */
lightpose_status pool_run(pool *p, double seconds, int min_runs, pool_condition condition, lightpose_error *error);

/* Frames a second and warnings; with a single context also the stages, the paper's figures and each frame's medians. */
json_t *pool_json(pool *p);

#endif
