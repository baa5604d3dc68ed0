/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From sources to results, with reading and the network in threads.
 *
 *     reader, one a lane -> ring of jobs -> workers, one context each -> the caller, in the order of the source
 *
 * Files go through one lane, one after the other, so that the workers never run dry between two inputs; each worker has
 * a context of one thread (throughput). A live source has a lane of its own, whose reader replaces the frame that
 * nobody has taken yet by a newer one (latency). A ring bounds the memory: a reader waits for a free place. Results are
 * those of one context at work alone, in the same order. */

#ifndef LP_TOOLS_RUN_ENGINE_H
#define LP_TOOLS_RUN_ENGINE_H

#include "input/input.h"

typedef enum lp_job_kind {
    LP_JOB_BEGIN, /* a source has been opened */
    LP_JOB_FRAME,
    LP_JOB_DROPPED, /* a frame that waited for a worker when the run was told to stop; so are all after it */
    LP_JOB_END      /* and is at its end; also of one that could not be opened, without a begin */
} lp_job_kind;

/* A box of the upright picture that people are looked for in; width 0: all of it. */
typedef struct lp_roi {
    int x, y, width, height;
} lp_roi;

/* A frame of a live source that a newer one has replaced before anybody could take it. */
typedef struct lp_stale {
    int64_t index;
    double time, utc;
} lp_stale;

typedef struct lp_job {
    lp_job_kind kind;
    int source;
    lp_input_about about; /* of a begin */

    /* Of a frame. */
    lp_input_frame frame;
    lightpose_image image;    /* the whole picture; width 0 where there is none */
    double pixel_aspect;      /* of its pixels, width by height */
    lp_roi roi;               /* the part that the network saw */
    lightpose_result *result; /* coordinates of the part; meaningless where `error` is set */
    lightpose_stats stats;
    float net_scale, net_pad_x, net_pad_y; /* of the maps, where asked for */
    int64_t read_ns, total_ns;             /* decoding; and everything from then on */
    int64_t number;                        /* of frames before it in its source */
    lp_stale *stale;                       /* frames that it has replaced */
    int stale_count, stale_capacity;

    lightpose_error error; /* frame: it could not be read or inferred; end: the source could not be read to its end */
    int reconnects;        /* of an end */
    int stopped;           /* of an end: the run was told to stop before the source was known to be at its end */

    /* The engine's own. */
    int phase, lane;
    int64_t taken_ns; /* when a worker took it */
    /* With options.latency. */
    int level, levels;           /* of the governor: 0 is full quality */
    lightpose_settings settings; /* of the level */
    double latency;              /* seconds from the frame's arrival, or its decoding where it came from a file */
    int prepared;                /* its time includes that of a preparation */
    lp_input_picture picture;
} lp_job;

/* Where a source is taken up. */
typedef struct lp_start {
    int skip;                  /* not at all */
    int64_t first;             /* the first frame, in place of the options'; -1: theirs */
    const unsigned char *have; /* of a list: pictures that are passed over; NULL: none */
} lp_source_start;

typedef struct lp_engine_options {
    const lp_sources *sources;
    const lp_source_start *starts; /* for each source; NULL: all of each */
    lp_input_options input;
    lightpose_model *model;
    lightpose_settings settings; /* of each context; `threads` as it is to be used */
    int workers;
    lp_roi roi;
    int want_geometry; /* fill net_scale and net_pad */
    double latency;    /* seconds that a frame may take, which a governor holds; 0: whatever it takes. One worker */
} lp_engine_options;

typedef struct lp_engine lp_engine;

/* Opens the contexts and starts the threads. What the options point at must outlive the engine. */
LIGHTPOSE_NODISCARD lightpose_status lp_engine_start(lp_engine **engine, const lp_engine_options *options,
                                                     lightpose_error *error);

/* The next job of any lane, each lane's in order. Waits at most `timeout_ms`. Returns 1, 0 for none in that time, or
 * -1: all sources are at their ends. */
int lp_engine_next(lp_engine *engine, lp_job **job, int timeout_ms);

/* Gives the job back. */
void lp_engine_done(lp_engine *engine, lp_job *job);

/* Nothing more of this source is wanted. Frames on their way may still come, and its end does. */
void lp_engine_skip(lp_engine *engine, int source);

/* For how long the frame that has been at work for the longest time has been, at `now_ns`; 0 where none is. */
int64_t lp_engine_busy_ns(lp_engine *engine, int64_t now_ns);

/* For how long a reader has been in a source that neither yields a frame nor is waited for: it hangs in a call that
 * does not return. To be asked from one thread, several times a second. */
int64_t lp_engine_silent_ns(lp_engine *engine, int64_t now_ns);

/* Stops the threads, whatever they are at, and frees everything. */
void lp_engine_close(lp_engine **engine);

#endif
