/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the tests of the queue share: a database of the test's own, on SQLite or PostgreSQL. */

#ifndef TESTS_QUEUE_WORLD_H
#define TESTS_QUEUE_WORLD_H

#include "check.h"
#include "scratch.h"

#include "corpus/queue.h"

enum { RANGE_FRAMES = 100, VIDEO_FRAMES = 250 };

typedef struct world {
    const char *kind; /* "sqlite" or "postgresql" */
    const char *folder;
    char address[512];
    lp_db *db; /* NULL: there is no server */
    lp_corpus corpus;
} world;

extern const char *server; /* address of the PostgreSQL server; NULL: there is none */
extern const lp_corpus plain_corpus;
extern const lp_queue_worker plain_worker;

/* Fixtures; *state is the kind before, the world afterwards. set_up_bare makes a database without a corpus. */
int set_up_bare(void **state);
int set_up(void **state);
int tear_down(void **state);

/* Skips the test where there is no server. */
world *world_of(void **state);

lp_db *connect_to(const world *w, int create);
void execute(lp_db *db, const char *sql);
int64_t integer(lp_db *db, const char *sql);
int64_t add_video(world *w, const char *path, const char *sha256, int64_t frames);
lp_queue_claim claim_one(world *w);
int store_frames(world *w, lp_queue_claim *claim, int frames);

/* Every frame of every video in a block exactly once, and `next` of each range where its blocks end. */
void expect_whole(world *w);

/* queue_database.c */
void values_come_back(void **state);
void failed_transactions_leave_nothing(void **state);
void a_lost_connection_is_made_again(void **state);
void bad_files_are_refused(void **state);
void bad_servers_are_refused_without_secrets(void **state);

/* queue_ranges.c */
void corpora_are_told_apart(void **state);
void videos_are_split_once(void **state);
void ranges_are_done_in_order(void **state);
void cancelled_ranges_take_nothing(void **state);

/* queue_workers.c */
void a_lost_lease_stores_nothing(void **state);
void a_clock_set_back_does_no_harm(void **state);
void failures_are_tried_again_and_then_final(void **state);
void workers_that_vanish_are_counted(void **state);
void an_unheard_commit_stores_once(void **state);
void a_crowd_claims_each_range_once(void **state);

#endif
