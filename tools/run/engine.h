/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From sources to results, with reading and the network in threads.
 *
 *     reader, one per lane -> ring of jobs -> workers, one context each -> the caller, in the order of the source
 *
 * Successive files share a lane and follow one another in it, so that the workers never run dry between two inputs;
 * each worker has a context of one thread (throughput). A live source has a lane of its own: its reader replaces a
 * frame that no worker has taken yet by a newer one (latency). The ring bounds memory: a reader waits for a free slot.
 * Results and their order are the same as those of a single context. */

#ifndef LP_TOOLS_RUN_ENGINE_H
#define LP_TOOLS_RUN_ENGINE_H

#include "input/input.h"

typedef enum lp_job_kind {
    LP_JOB_BEGIN, /* a source has been opened */
    LP_JOB_FRAME,
    LP_JOB_DROPPED, /* a frame that waited for a worker when the run was stopped; all later ones are dropped too */
    LP_JOB_END      /* a source has ended. A source that could not be opened has an end without a begin */
} lp_job_kind;

/* The box of the upright picture that is searched for people; width 0: all of it. */
typedef struct lp_roi {
    int x, y, width, height;
} lp_roi;

/* A frame of a live source that a newer one replaced before a worker took it. */
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
    lightpose_image image;    /* the full picture; width 0 if there is none */
    double pixel_aspect;      /* width by height of a pixel */
    lp_roi roi;               /* the part that the network saw */
    lightpose_result *result; /* in coordinates of the part; not valid if `error` is set */
    lightpose_stats stats;
    float net_scale, net_pad_x, net_pad_y; /* of the maps, with want_geometry */
    int64_t read_ns, total_ns;             /* decoding; everything after it */
    int64_t number;                        /* how many frames of its source were read before it */
    lp_stale *stale;                       /* frames that it has replaced */
    int stale_count, stale_capacity;

    lightpose_error error; /* frame: it could not be read or inferred; end: the source could not be read to its end */
    int reconnects;        /* of an end */
    int stopped;           /* of an end: the run was stopped before the source was known to be at its end */

    /* Private to the engine. */
    int phase, lane;
    int64_t taken_ns; /* when a worker took it */
    /* With options.latency. */
    int level, levels;           /* of the governor: 0 is full quality */
    lightpose_settings settings; /* of the level */
    double latency;              /* seconds since the frame arrived; of a file, since its decoding began */
    int prepared;                /* its time includes a preparation of contexts */
    lp_input_picture picture;
} lp_job;

/* Where reading of a source starts. */
typedef struct lp_start {
    int skip;                  /* the source is not read at all */
    int64_t first;             /* the first frame, in place of the options'; -1: theirs */
    const unsigned char *have; /* of a list: for each picture, whether it is skipped; NULL: none */
} lp_source_start;

typedef struct lp_engine_options {
    const lp_sources *sources;
    const lp_source_start *starts; /* for each source; NULL: all of each */
    lp_input_options input;
    lightpose_model *model;
    lightpose_settings settings; /* of each context, `threads` included */
    int workers;
    lp_roi roi;
    int want_geometry; /* fill net_scale and net_pad */
    double latency;    /* target of the governor in seconds per frame, needs workers == 1; 0: no governor */
} lp_engine_options;

typedef struct lp_engine lp_engine;

/* Opens the contexts and starts the threads. What `options` points at must outlive the engine. */
LIGHTPOSE_NODISCARD lightpose_status lp_engine_start(lp_engine **engine, const lp_engine_options *options,
                                                     lightpose_error *error);

/* Gets the next job of any lane; jobs of one lane come in order. Waits at most `timeout_ms`. Returns 1 with a job, 0 if
 * none came in that time, or -1 if all sources have ended. */
int lp_engine_next(lp_engine *engine, lp_job **job, int timeout_ms);

/* Returns the job to the engine. */
void lp_engine_done(lp_engine *engine, lp_job *job);

/* Stops reading this source. Frames already read may still come; its end always does. */
void lp_engine_skip(lp_engine *engine, int source);

/* How long the oldest frame in the network has been there at `now_ns`; 0 if there is none. */
int64_t lp_engine_busy_ns(lp_engine *engine, int64_t now_ns);

/* How long a reader has been stuck in a source: in a call that neither returns nor polls input.wait.stop. Call it from
 * one thread, several times a second. */
int64_t lp_engine_silent_ns(lp_engine *engine, int64_t now_ns);

/* Stops the threads at once and frees everything. */
void lp_engine_close(lp_engine **engine);

#endif
