/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Counters of a run in progress, for the page and /metrics of `serve` and for the watchdog.
 *
 * Every number is an atomic of its own, so that a reader never blocks the run. A reader may see some numbers of a frame
 * before the others. Times are monotonic nanoseconds; sums start at 0. */

#ifndef LP_TOOLS_RUN_GAUGES_H
#define LP_TOOLS_RUN_GAUGES_H

#include <stdatomic.h>
#include <stdint.h>

#include "run/engine.h"

/* One second of a source. */
typedef struct lp_gauge_second {
    _Atomic int64_t second; /* number of the second since lp_gauges.started_ns, from 1; 0: unused */
    _Atomic int64_t frames, people;
} lp_gauge_second;

enum {
    LP_GAUGE_SECONDS = 300,
    LP_GAUGE_IDS = 32 /* at most this many ids of a frame are kept */
};

typedef enum lp_source_phase {
    LP_PHASE_WAITING = 0, /* not opened yet */
    LP_PHASE_RUNNING = 1,
    LP_PHASE_ENDED = 2
} lp_source_phase;

typedef struct lp_source_gauges {
    char *name; /* of its results and in URLs, in UTF-8; unique */
    _Atomic int64_t phase;
    _Atomic int64_t width, height; /* of its last picture */
    _Atomic int64_t frames;        /* done, including those that failed */
    _Atomic int64_t failed;        /* could not be decoded or searched */
    _Atomic int64_t dropped;       /* of a live source: replaced by a newer frame before a worker took it */
    _Atomic int64_t spared;        /* not decoded in full, or not searched, because of --fps */
    _Atomic int64_t reconnections;
    _Atomic int64_t people;            /* in the last frame */
    _Atomic int64_t ids[LP_GAUGE_IDS]; /* of the first of them; -1 without a tracker */
    _Atomic int64_t people_seen;       /* sum over all frames */
    _Atomic int64_t last_index;        /* number of the last frame */
    _Atomic int64_t last_ns;           /* when the last frame was done; 0: none yet */
    /* Sums over all frames that were searched. */
    _Atomic int64_t read_ns, preprocess_ns, network_ns, decode_ns, output_ns;
    _Atomic int64_t latency_ns; /* of the last frame: from the end of its decoding to its result */
    lp_gauge_second seconds[LP_GAUGE_SECONDS];
} lp_source_gauges;

/* Targets of rate and latency and how they are held. All 0 without a target. */
typedef struct lp_governor_gauges {
    _Atomic int64_t target_mfps;       /* frames in 1000 s; 0: no limit */
    _Atomic int64_t target_latency_ns; /* 0: none */
    _Atomic int64_t level, levels;     /* from 0, full quality, to levels - 1, the least; levels is 0: no governor */
    _Atomic int64_t steps_down, steps_up;
    _Atomic int64_t height, second_look, stages; /* in force */
} lp_governor_gauges;

typedef struct lp_gauges {
    int64_t started_ns;
    int count;
    lp_source_gauges *sources;
    lp_governor_gauges governor;
} lp_gauges;

/* One entry for each source, whose names must outlive them. MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_gauges_create(lp_gauges **gauges, const lp_sources *sources,
                                                      lightpose_error *error);
void lp_gauges_destroy(lp_gauges **gauges);

/* Counts a frame that is done. Call it on one thread. `output_ns` is the time of tracking and outputs. */
void lp_gauges_frame(lp_gauges *gauges, const lp_job *job, int people, int64_t output_ns);

/* Adds to one of the counters, from any thread. */
static inline void lp_gauge_add(_Atomic int64_t *gauge, int64_t value) {
    atomic_fetch_add_explicit(gauge, value, memory_order_relaxed);
}
static inline int64_t lp_gauge_get(const _Atomic int64_t *gauge) {
    return atomic_load_explicit(gauge, memory_order_relaxed);
}
static inline void lp_gauge_set(_Atomic int64_t *gauge, int64_t value) {
    atomic_store_explicit(gauge, value, memory_order_relaxed);
}

/* Frames per second at `now_ns`, over at most the last LP_GAUGE_RATE_SECONDS full seconds. 0 in the first second. */
enum { LP_GAUGE_RATE_SECONDS = 5 };
double lp_gauges_rate(const lp_gauges *gauges, int source, int64_t now_ns);

/* Frames in each of the last `count` full seconds, oldest first, and people per frame; 0 for a second without frames.
 * `count` is at most LP_GAUGE_SECONDS - 1. Returns how many seconds are filled: fewer while the run is young. */
int lp_gauges_history(const lp_gauges *gauges, int source, int64_t now_ns, int count, double *fps, double *people);

#endif
