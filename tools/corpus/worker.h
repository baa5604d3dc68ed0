/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Processes one range from its claim to its end: reading, network, blocks, database. */

#ifndef LP_TOOLS_CORPUS_WORKER_H
#define LP_TOOLS_CORPUS_WORKER_H

#include "corpus/queue.h"
#include "corpus/settings.h"

/* A block is stored when it has this many frames or people, or is older than lp_worker.block_seconds. */
enum { LP_WORKER_FRAMES = 250, LP_WORKER_PEOPLE = 20000 };

typedef struct lp_worker {
    lp_corpus *corpus;
    lp_queue_worker who;
    const lp_corpus_settings *settings;
    lightpose_model *model;
    const char *space;    /* folder with copies of the corpus's videos (corpus/space.h); NULL: none */
    double block_seconds; /* age at which a block is stored */
    int64_t deadline_ms;  /* when to stop, by the monotonic clock; 0: never */
    int64_t store_ns;     /* time of packing and storing, over all ranges */
    int64_t frames;       /* stored, over all ranges */
} lp_worker;

typedef enum lp_worker_end {
    LP_WORKER_DONE,
    LP_WORKER_FAILED,  /* the range failed; the reason is in `error` */
    LP_WORKER_LOST,    /* another worker has the range now, or it was cancelled */
    LP_WORKER_MOVED,   /* its copy in the work space was removed or has changed; the range is queued again */
    LP_WORKER_STOPPED, /* interrupted, or out of time; the range is queued again */
    LP_WORKER_BROKEN   /* the database cannot be written to, as `error` says */
} lp_worker_end;

/* The outcome of the range is in the database when it returns, except with LP_WORKER_BROKEN. */
lp_worker_end lp_worker_run(lp_worker *worker, lp_queue_claim *claim, lightpose_error *error);

int lp_worker_is_out_of_time(const lp_worker *worker);

#endif
