/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One range from its claim to its end: read, network, blocks, database. */

#ifndef LP_TOOLS_CORPUS_WORKER_H
#define LP_TOOLS_CORPUS_WORKER_H

#include "corpus/queue.h"
#include "corpus/settings.h"

/* Blocks are stored when they have so many frames, or are so old. */
enum { LP_WORKER_FRAMES = 250, LP_WORKER_PEOPLE = 20000 };

typedef struct lp_worker {
    lp_corpus *corpus;
    lp_queue_worker who;
    const lp_corpus_settings *settings;
    lightpose_model *model;
    const char *space;    /* folder with copies of the corpus's videos (corpus/space.h); NULL: none */
    double block_seconds; /* age at which a block is stored */
    int64_t deadline_ms;  /* of the monotonic clock: stop then; 0: never */
    int64_t store_ns;     /* time that packing and storing took, in all ranges */
    int64_t frames;       /* stored, in all ranges */
} lp_worker;

typedef enum lp_worker_end {
    LP_WORKER_DONE,
    LP_WORKER_FAILED,  /* the range, with its reason, in `error` */
    LP_WORKER_LOST,    /* another has the range by now, or it was cancelled */
    LP_WORKER_MOVED,   /* its copy in the work space has gone or changed; the range is queued again */
    LP_WORKER_STOPPED, /* told to, or out of time; the range is queued again */
    LP_WORKER_BROKEN   /* the database cannot be written to any more: `error` */
} lp_worker_end;

/* What becomes of the range stands in the database when it returns. */
lp_worker_end lp_worker_run(lp_worker *worker, lp_queue_claim *claim, lightpose_error *error);

int lp_worker_is_out_of_time(const lp_worker *worker);

#endif
