/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One way to use the cores: some contexts, each with some threads, at work on frames in memory for a span of time. */

#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include "machine.h"
#include "measure.h"
#include "samples.h"

enum { STAGE_PREPROCESS, STAGE_NETWORK, STAGE_PEAKS, STAGE_GROUPING, STAGE_TOTAL, STAGES };

/* What one frame of the input took, each time it was its turn. */
typedef struct crew_frame {
    samples stage[STAGES];
    int people;
} crew_frame;

typedef struct crew {
    const measure_options *options;
    const frames *input;
    int contexts, threads; /* threads of each context */
    lightpose_context **context;
    lightpose_result **result;
    crew_frame *frame;     /* of each frame of the input; only in a crew of one */
    samples rate[2];       /* frames a second of each span: as the machine was; with cores held by busy.h */
    int64_t turn;          /* the next frame, over all spans */
    machine_load load;     /* what passed during the spans of the first kind */
    lightpose_stats stats; /* of the first context's last frame */
} crew;

/* Opens the contexts and runs every frame once on each, so that every size has its plan and every buffer its length. */
lightpose_status crew_open(crew *made, const measure_options *options, const frames *input, int contexts, int threads,
                           lightpose_error *error);

/* Works through the frames in turn for `seconds`, and until each context has done `min_runs`. `held`: cores are held,
 * so that the times of the stages do not count. A crew of one works in the calling thread and its OpenMP team: libgomp
 * counts the threads of all teams that ever were, and waits otherwise when they are more than the CPUs. */
lightpose_status crew_run(crew *team, double seconds, int min_runs, int held, lightpose_error *error);

/* Rates, causes and, of a crew of one, stages, the paper's lines, and each frame's medians. */
json_t *crew_json(crew *team);

void crew_close(crew *team);

#endif
