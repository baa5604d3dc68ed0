/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Ranges on their way: claimed by one worker at a time, stored block by block, done or failed.
 *
 *     queued --claim--> running --last frame stored--> done
 *        ^                 |
 *        +---- release ----+---- fail, for good ----> failed --retry--> queued
 *
 * A claim makes up an owner's token, which no other claim has. Whoever stores, renews or ends a range names the token
 * in the same transaction: a worker that was taken for dead, and whose range another has claimed since, changes
 * nothing.
 *
 * Times are the database's. A lease is never longer than its length, nor a back-off than LP_QUEUE_BACKOFF_MOST: one
 * that ends later by as much again was made before the clock was set back, and is void. A clock that is set forward
 * ends leases early. Either way a range may change its worker, and nothing is lost or stored twice. */

#ifndef LP_TOOLS_CORPUS_QUEUE_H
#define LP_TOOLS_CORPUS_QUEUE_H

#include "corpus/corpus.h"

enum { LP_QUEUE_TOKEN = 33 }; /* with the final zero */

/* Seconds before a range is tried again: the first, doubled each time, up to the last. */
enum { LP_QUEUE_BACKOFF_FIRST = 10, LP_QUEUE_BACKOFF_MOST = 600 };

/* Who claims, for the account of the attempt. */
typedef struct lp_queue_worker {
    const char *host, *job; /* job: of the batch system; NULL: none */
    int64_t process;
    const char *weights_sha256, *precision, *cpu, *engine;
    int threads;
    const char *only; /* ids of the videos that it claims of, "3,17"; NULL: of all */
    double lease;     /* seconds for which a claim holds unless it is renewed */
} lp_queue_worker;

typedef struct lp_queue_claim {
    char owner[LP_QUEUE_TOKEN];
    int64_t id; /* of the range; 0: there is nothing to do now */
    int64_t attempt;
    int64_t first, last, next;
    lp_corpus_video video; /* its texts belong to the claim */
    char *memory[LP_CORPUS_VIDEO_TEXTS];
} lp_queue_claim;

void lp_queue_claim_free(lp_queue_claim *claim);

/* What is there to do. */
typedef struct lp_queue_outlook {
    int64_t open; /* ranges that are neither done, failed nor cancelled; some may run elsewhere, or wait */
    double wait;  /* seconds until one of them may be claimed, if nobody comes before; 0 where there is none */
} lp_queue_outlook;

/* Claims a range: one whose worker has not been heard of for its lease, else the first that is queued and due. */
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

/* Stores it, moves claim->next, renews the lease, and ends the range with its last frame, all in one transaction. *held
 * is 0 where the range has another owner by now, or was cancelled: nothing was stored, and the worker lets it go. */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_store(lp_corpus *corpus, const lp_queue_worker *worker,
                                                    lp_queue_claim *claim, const lp_queue_block *block, int *held,
                                                    lightpose_error *error);

/* Renews the lease. *held as above. */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_renew(lp_corpus *corpus, const lp_queue_worker *worker,
                                                    const lp_queue_claim *claim, int *held, lightpose_error *error);

/* How an attempt ended early. */
typedef enum lp_queue_reason {
    LP_QUEUE_STOPPED,  /* told to: no failure */
    LP_QUEUE_TIME,     /* the job's time was up: no failure */
    LP_QUEUE_MISSING,  /* the video is not there */
    LP_QUEUE_CHANGED,  /* the video is not the one that was added */
    LP_QUEUE_DECODING, /* it cannot be read on, or has fewer frames than it had */
    LP_QUEUE_NETWORK,  /* the network failed: no memory, an instruction set without the precision */
    LP_QUEUE_DISK,     /* the database had no room */
    LP_QUEUE_KILLED,   /* the worker vanished */
    LP_QUEUE_REASONS
} lp_queue_reason;
extern const char *const lp_queue_reason_names[LP_QUEUE_REASONS + 1];

/* Gives a range back. After a failure it is tried again later, up to the corpus's limit of attempts without a frame of
 * progress; a changed video fails at once. */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_end(lp_corpus *corpus, const lp_queue_claim *claim,
                                                  lp_queue_reason reason, const char *detail, lightpose_error *error);

/* Which ranges a user means: those of a video (0: all), by id (0: any), in a state (NULL: as each call says), ended for
 * a reason (NULL: any), of a film and a camera (NULL: any). */
typedef struct lp_queue_filter {
    int64_t video, range;
    const char *state, *reason, *film, *camera;
} lp_queue_filter;

/* Queues failed and cancelled ranges again; their stored frames stay. *count: how many. */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_retry(lp_corpus *corpus, const lp_queue_filter *filter, int64_t *count,
                                                    lightpose_error *error);

/* Cancels queued and running ranges, and failed ones; their stored frames stay. Workers notice with their next block.
 */
LIGHTPOSE_NODISCARD lightpose_status lp_queue_cancel(lp_corpus *corpus, const lp_queue_filter *filter, int64_t *count,
                                                     lightpose_error *error);

#endif
