/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The queue of ranges: each is claimed by one worker at a time, stored block by block, and done or failed.
 *
 *     queued --claim--> running --last frame stored--> done
 *        ^                 |
 *        +---- release ----+---- fail, for good ----> failed --retry--> queued
 *
 * A claim creates a unique owner's token. Storing, renewing and ending a range check the token in the same transaction.
 * So a worker that was taken for dead, and whose range another has claimed since, changes nothing.
 *
 * Times are the database's. A lease or back-off that ends more than twice its length from now (LP_QUEUE_BACKOFF_MOST
 * for a back-off) was made before the clock was set back, and is void. A clock set forward ends leases early. Either
 * way a range may change its worker, but nothing is lost or stored twice. */

#ifndef LP_TOOLS_CORPUS_QUEUE_H
#define LP_TOOLS_CORPUS_QUEUE_H

#include "corpus/corpus.h"

enum { LP_QUEUE_TOKEN = 33 }; /* with the final zero */

/* Seconds before a failed range is tried again: they double with each failure, from the first to the second value. */
enum { LP_QUEUE_BACKOFF_FIRST = 10, LP_QUEUE_BACKOFF_MOST = 600 };

/* The worker that claims, recorded with the attempt. */
typedef struct lp_queue_worker {
    const char *host, *job; /* job: id in the batch system; NULL: none */
    int64_t process;
    const char *weights_sha256, *precision, *cpu, *engine;
    int threads;
    const char *only; /* ids of the videos whose ranges it claims, "3,17"; NULL: all */
    double lease;     /* seconds for which a claim is valid unless it is renewed */
} lp_queue_worker;

typedef struct lp_queue_claim {
    char owner[LP_QUEUE_TOKEN];
    int64_t id; /* of the range; 0: there is nothing to do now */
    int64_t attempt;
    int64_t first, last, next;
    lp_corpus_video video; /* its strings belong to the claim */
    char *memory[LP_CORPUS_VIDEO_TEXTS];
} lp_queue_claim;

void lp_queue_claim_free(lp_queue_claim *claim);

/* What is left to do. */
typedef struct lp_queue_outlook {
    int64_t open; /* ranges that are neither done, failed nor cancelled; some may be running elsewhere, or waiting */
    double wait;  /* seconds until one of them may be claimed, unless another worker does; 0 if there are none */
} lp_queue_outlook;

/* Claims a range: one whose lease has expired, else the first that is queued and due. */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_claim_next(lp_corpus *corpus, const lp_queue_worker *worker,
                                                         lp_queue_claim *claim, lightpose_error *error);

LIGHTPOSE_NODISCARD lightpose_status lp_queue_look(lp_corpus *corpus, lp_queue_outlook *outlook,
                                                   lightpose_error *error);

/* A packed block of frames claim->next to claim->next + frames - 1. */
typedef struct lp_queue_block {
    const void *data;
    size_t size;
    int frames, people;
} lp_queue_block;

/* Stores the block, advances claim->next, renews the lease, and ends the range with its last frame, all in one
 * transaction. *held is 0 if the range has another owner now or was cancelled: nothing was stored, and the worker must
 * drop the range. */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_store(lp_corpus *corpus, const lp_queue_worker *worker,
                                                    lp_queue_claim *claim, const lp_queue_block *block, int *held,
                                                    lightpose_error *error);

/* Renews the lease. *held is as above. */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_renew(lp_corpus *corpus, const lp_queue_worker *worker,
                                                    const lp_queue_claim *claim, int *held, lightpose_error *error);

/* Why an attempt ended early. */
typedef enum lp_queue_reason {
    LP_QUEUE_STOPPED,  /* interrupted: no failure */
    LP_QUEUE_TIME,     /* the job's time was up: no failure */
    LP_QUEUE_MISSING,  /* the video does not exist */
    LP_QUEUE_CHANGED,  /* the video is not the one that was added */
    LP_QUEUE_DECODING, /* it cannot be read further, or has fewer frames than before */
    LP_QUEUE_NETWORK,  /* the network failed: out of memory, or the CPU lacks the precision */
    LP_QUEUE_DISK,     /* the database's disk is full */
    LP_QUEUE_KILLED,   /* the worker vanished */
    LP_QUEUE_REASONS
} lp_queue_reason;
extern const char *const lp_queue_reason_names[LP_QUEUE_REASONS + 1];

/* Gives a range back. After a failure it is tried again later, up to the corpus's limit of attempts without a stored
 * frame; a changed video fails at once. */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_end(lp_corpus *corpus, const lp_queue_claim *claim,
                                                  lp_queue_reason reason, const char *detail, lightpose_error *error);

/* Selects ranges: of a video (0: all), by id (0: any), in a state (NULL: as each call says), ended for a reason (NULL:
 * any), of a film and a camera (NULL: any). */
typedef struct lp_queue_filter {
    int64_t video, range;
    const char *state, *reason, *film, *camera;
} lp_queue_filter;

/* Queues failed and cancelled ranges again; their stored frames are kept. *count: how many. */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_retry(lp_corpus *corpus, const lp_queue_filter *filter, int64_t *count,
                                                    lightpose_error *error);

/* Cancels queued, running and failed ranges; their stored frames are kept. A worker notices when it next stores a block
 * or renews its lease. */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_cancel(lp_corpus *corpus, const lp_queue_filter *filter, int64_t *count,
                                                     lightpose_error *error);

#endif
