/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Workers that are lost, that fail, that are not heard, and that are many. */

#include "queue_world.h"

#include <pthread.h>
#include <time.h>

/* A worker that was taken for dead comes back. */
void a_lost_lease_stores_nothing(void **state) {
    world *const w = world_of(state);
    int held;
    add_video(w, "/a/clip.mp4", "1", RANGE_FRAMES);
    lp_queue_claim old = claim_one(w);
    assert_true(store_frames(w, &old, 10));
    lp_queue_claim none = claim_one(w);
    assert_int_equal(none.id, 0);
    execute(w->db, "UPDATE lp_range SET due = due - 61");
    lp_queue_claim now = claim_one(w);
    assert_int_equal(now.id, old.id);
    assert_int_equal(now.next, 10);
    assert_int_equal(now.attempt, 2);
    assert_false(store_frames(w, &old, 10));
    assert_ok(lp_queue_renew(&w->corpus, &plain_worker, &old, &held, error));
    assert_false(held);
    assert_ok(lp_queue_end(&w->corpus, &old, LP_QUEUE_STOPPED, NULL, error));
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_block"), 1);
    assert_ok(lp_queue_renew(&w->corpus, &plain_worker, &now, &held, error));
    assert_true(held);
    assert_true(store_frames(w, &now, 90));
    expect_whole(w);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_attempt WHERE number = 1 AND reason = 'killed'"), 1);
    lp_queue_claim_free(&old);
    lp_queue_claim_free(&now);
}

/* What is left of a lease made before the clock was set back by an hour. */
void a_clock_set_back_does_no_harm(void **state) {
    world *const w = world_of(state);
    add_video(w, "/a/clip.mp4", "1", VIDEO_FRAMES);
    lp_queue_claim dead = claim_one(w);
    execute(w->db, "UPDATE lp_range SET due = due + 3600 WHERE state = 'running'");
    execute(w->db, "UPDATE lp_range SET due = due + 3600 + 1e10 WHERE id > 1 AND due = 0"); /* failed: back-off */
    lp_queue_claim again = claim_one(w);
    assert_int_equal(again.id, dead.id);
    assert_false(store_frames(w, &dead, 1));
    lp_queue_claim waiting = claim_one(w);
    assert_int_equal(waiting.id, 2);
    assert_true(store_frames(w, &again, 1));
    /* A lease of now is none of those, whether the clock is a little fast or slow. */
    execute(w->db, "UPDATE lp_range SET due = due + 50 WHERE id = 2");
    lp_queue_claim third = claim_one(w);
    assert_int_equal(third.id, 3);
    lp_queue_claim none = claim_one(w);
    assert_int_equal(none.id, 0);
    lp_queue_claim_free(&dead);
    lp_queue_claim_free(&again);
    lp_queue_claim_free(&waiting);
    lp_queue_claim_free(&third);
}

void failures_are_tried_again_and_then_final(void **state) {
    world *const w = world_of(state);
    lp_queue_outlook outlook;
    add_video(w, "/a/clip.mp4", "1", RANGE_FRAMES);
    for (int i = 0; i < 3; i++) {
        lp_queue_claim claim = claim_one(w);
        assert_int_equal(claim.id, 1);
        if (i == 0) /* progress */
            assert_true(store_frames(w, &claim, 5));
        assert_ok(lp_queue_end(&w->corpus, &claim, LP_QUEUE_MISSING, "no such file", error));
        lp_queue_claim_free(&claim);
        lp_queue_claim none = claim_one(w);
        assert_int_equal(none.id, 0);
        assert_ok(lp_queue_look(&w->corpus, &outlook, error));
        assert_int_equal(outlook.open, 1);
        const double expected = i < 2 ? LP_QUEUE_BACKOFF_FIRST : 2 * LP_QUEUE_BACKOFF_FIRST;
        assert_true(outlook.wait > expected - 5 && outlook.wait <= expected);
        execute(w->db, "UPDATE lp_range SET due = due - 1000");
    }
    lp_queue_claim claim = claim_one(w);
    assert_ok(lp_queue_end(&w->corpus, &claim, LP_QUEUE_DECODING, "no frame 5", error));
    lp_queue_claim_free(&claim);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range WHERE state = 'failed' AND reason = 'decoding' AND "
                                    "detail = 'no frame 5' AND next = 5"),
                     1);
    assert_ok(lp_queue_look(&w->corpus, &outlook, error));
    assert_int_equal(outlook.open, 0);
    int64_t count;
    assert_ok(lp_queue_retry(&w->corpus, &(lp_queue_filter){.reason = "killed"}, &count, error));
    assert_int_equal(count, 0);
    assert_ok(lp_queue_retry(&w->corpus, &(lp_queue_filter){.video = 1, .reason = "decoding"}, &count, error));
    assert_int_equal(count, 1);
    claim = claim_one(w);
    assert_int_equal(claim.next, 5);
    assert_ok(lp_queue_end(&w->corpus, &claim, LP_QUEUE_CHANGED, "another size", error)); /* final at once */
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range WHERE state = 'failed'"), 1);
    lp_queue_claim_free(&claim);
}

/* A range whose workers die before they store anything is given up, and stopping is no failure. */
void workers_that_vanish_are_counted(void **state) {
    world *const w = world_of(state);
    add_video(w, "/a/clip.mp4", "1", RANGE_FRAMES);
    for (int i = 0; i < 5; i++) {
        lp_queue_claim claim = claim_one(w);
        assert_int_equal(claim.id, 1);
        assert_ok(lp_queue_end(&w->corpus, &claim, i % 2 ? LP_QUEUE_TIME : LP_QUEUE_STOPPED, NULL, error));
        lp_queue_claim_free(&claim);
    }
    for (int i = 0; i < 3; i++) {
        lp_queue_claim claim = claim_one(w);
        assert_int_equal(claim.id, 1);
        execute(w->db, "UPDATE lp_range SET due = 1");
        lp_queue_claim_free(&claim);
    }
    lp_queue_claim none = claim_one(w);
    assert_int_equal(none.id, 0);
    assert_int_equal(
        integer(w->db, "SELECT COUNT(*) FROM lp_range WHERE state = 'failed' AND reason = 'killed' AND attempts = 8"),
        1);
}

/* The transaction was committed, and the worker did not hear of it. */
void an_unheard_commit_stores_once(void **state) {
    world *const w = world_of(state);
    add_video(w, "/a/clip.mp4", "1", RANGE_FRAMES);
    lp_queue_claim claim = claim_one(w);
    for (int i = 0; i < 2; i++) {
        lp_queue_claim unheard = claim;
        assert_true(store_frames(w, &claim, 50));
        assert_true(store_frames(w, &unheard, 50));
        assert_int_equal(unheard.next, claim.next);
    }
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_block"), 2);
    expect_whole(w);
    lp_queue_claim_free(&claim);
}

/* ---- Many at once ------------------------------------------------------------------------------------------------ */

enum { CROWD = 64, CROWD_RANGES = 2000, SQLITE_CROWD = 8, SQLITE_RANGES = 400 };

typedef struct member {
    const world *world;
    pthread_t thread;
    int *times; /* each range was claimed */
    int claimed, failed;
} member;

static void *claim_all(void *opaque) {
    member *const m = opaque;
    world own = {.kind = m->world->kind};
    const lp_db_options options = {.patience = 60};
    lightpose_error error = {0};
    lp_queue_worker worker = plain_worker;
    worker.lease = 3600; /* or on a slow machine a range is rightly claimed again */
    memcpy(own.address, m->world->address, sizeof own.address);
    m->failed = lp_db_open(&own.db, own.address, &options, &error) != LIGHTPOSE_OK ||
                lp_corpus_open(&own.corpus, own.db, &error) != LIGHTPOSE_OK;
    while (!m->failed) {
        lp_queue_claim claim;
        m->failed = lp_queue_claim_next(&own.corpus, &worker, &claim, &error) != LIGHTPOSE_OK;
        if (m->failed || !claim.id)
            break;
        __atomic_add_fetch(&m->times[claim.id], 1, __ATOMIC_RELAXED);
        m->claimed++;
        lp_queue_claim_free(&claim);
    }
    if (m->failed)
        print_message("# %s\n", error.text);
    lp_corpus_free(&own.corpus);
    lp_db_close(&own.db);
    return NULL;
}

void a_crowd_claims_each_range_once(void **state) {
    world *const w = world_of(state);
    const int is_file = !strcmp(w->kind, "sqlite");
    const int crowd = is_file ? SQLITE_CROWD : CROWD, ranges = rounds_of(is_file ? SQLITE_RANGES : CROWD_RANGES);
    static member members[CROWD];
    int *const times = calloc((size_t)ranges + 1, sizeof *times);
    struct timespec start, end;
    assert_non_null(times);
    add_video(w, "/a/long.mp4", "1", (int64_t)ranges * RANGE_FRAMES);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < crowd; i++) {
        members[i] = (member){.world = w, .times = times};
        assert_int_equal(pthread_create(&members[i].thread, NULL, claim_all, &members[i]), 0);
    }
    int claimed = 0;
    for (int i = 0; i < crowd; i++) {
        pthread_join(members[i].thread, NULL);
        assert_false(members[i].failed);
        claimed += members[i].claimed;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    for (int i = 1; i <= ranges; i++)
        assert_int_equal(times[i], 1);
    assert_int_equal(claimed, ranges);
    print_message("# %s: %d claimants, %.0f claims a second\n", w->kind, crowd,
                  claimed / ((double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec)));
    free(times);
}
