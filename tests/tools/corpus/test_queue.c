/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The database of a corpus, on SQLite and PostgreSQL: values, transactions, and ranges that are claimed, stored, lost
 * and found again. */

#include "check.h"
#include "scratch.h"

#include "corpus/queue.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { RANGE_FRAMES = 100, VIDEO_FRAMES = 250 };

/* A database of the test's own. */
typedef struct world {
    const char *kind;
    const char *folder;
    char address[512];
    lp_db *db;
    lp_corpus corpus;
} world;

static const char *server; /* address of the PostgreSQL server; NULL: there is none */

static const lp_corpus plain_corpus = {.name = "test",
                                       .settings = "--height 256",
                                       .weights = "w.safetensors",
                                       .weights_sha256 = "abc",
                                       .precision = "f32",
                                       .version = "1",
                                       .range_frames = RANGE_FRAMES,
                                       .max_attempts = 3};

static const lp_queue_worker plain_worker = {.host = "here",
                                             .process = 1,
                                             .weights_sha256 = "abc",
                                             .precision = "f32",
                                             .cpu = "AVX2",
                                             .engine = "oneDNN",
                                             .threads = 2,
                                             .lease = 60};

static lp_db *connect_to(const world *w, int create) {
    const lp_db_options options = {.create = create, .patience = 20};
    lp_db *db;
    assert_ok(lp_db_open(&db, w->address, &options, error));
    return db;
}

static void execute(lp_db *db, const char *sql) {
    assert_ok(lp_db_execute(db, NULL, sql, LP_DB_NO_VALUES, error));
}

static int64_t integer(lp_db *db, const char *sql) {
    int64_t value;
    assert_ok(lp_db_select_integer(db, &value, NULL, sql, LP_DB_NO_VALUES, error));
    return value;
}

static void make_address(world *w) {
    static int number;
    if (!strcmp(w->kind, "sqlite")) {
        w->folder = scratch_folder();
        snprintf(w->address, sizeof w->address, "%s", scratch_path(w->folder, "corpus.db"));
        return;
    }
    const lp_db_options options = {.patience = 5};
    char sql[64];
    lp_db *db;
    assert_ok(lp_db_open(&db, server, &options, error));
    snprintf(sql, sizeof sql, "CREATE DATABASE t%d_%d", (int)getpid(), ++number);
    execute(db, sql);
    lp_db_close(&db);
    snprintf(w->address, sizeof w->address, "%.*s/t%d_%d", (int)(strrchr(server, '/') - server), server, (int)getpid(),
             number);
}

/* A database without a corpus. */
static int set_up_bare(void **state) {
    world *const w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->kind = *state;
    *state = w;
    if (strcmp(w->kind, "sqlite") != 0 && !server)
        return 0;
    make_address(w);
    w->db = connect_to(w, 1);
    return 0;
}

static int set_up(void **state) {
    (void)set_up_bare(state);
    world *const w = *state;
    if (!w->db)
        return 0;
    assert_ok(lp_corpus_create(w->db, &plain_corpus, error));
    assert_ok(lp_corpus_open(&w->corpus, w->db, error));
    return 0;
}

static int tear_down(void **state) {
    world *const w = *state;
    lp_corpus_free(&w->corpus);
    lp_db_close(&w->db);
    if (w->folder)
        scratch_remove(w->folder);
    free(w);
    return 0;
}

static world *world_of(void **state) {
    world *const w = *state;
    if (!w->db)
        skip();
    return w;
}

static int64_t add_video(world *w, const char *path, const char *sha256, int64_t frames) {
    const lp_corpus_video video = {.path = path,
                                   .source = path,
                                   .name = "clip",
                                   .size = 1000,
                                   .mtime_ns = INT64_C(1732800000123456789),
                                   .sha256 = sha256,
                                   .width = 640,
                                   .height = 360,
                                   .frames = frames,
                                   .fps = 30000.0 / 1001,
                                   .rate_num = 30000,
                                   .rate_den = 1001,
                                   .time_base_num = 1,
                                   .time_base_den = 90000};
    int64_t id;
    assert_ok(lp_corpus_add(&w->corpus, &video, &id, error));
    return id;
}

static lp_queue_claim claim_one(world *w) {
    lp_queue_claim claim;
    assert_ok(lp_queue_claim_next(&w->corpus, &plain_worker, &claim, error));
    return claim;
}

static int store_frames(world *w, lp_queue_claim *claim, int frames) {
    const lp_queue_block block = {"block\0data", 10, frames, 2 * frames};
    int held;
    assert_ok(lp_queue_store(&w->corpus, &plain_worker, claim, &block, &held, error));
    return held;
}

/* Every frame of every video in a block exactly once, and `next` of each range where its blocks end. */
static void expect_whole(world *w) {
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_block a JOIN lp_block b ON a.video = b.video AND "
                                    "a.first < b.first AND a.first + a.frames > b.first"),
                     0);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range r WHERE next - first <> (SELECT "
                                    "COALESCE(SUM(frames), 0) FROM lp_block b WHERE b.range_id = r.id)"),
                     0);
}

/* ---- Values and transactions ------------------------------------------------------------------------------------- */

static void values_come_back(void **state) {
    world *const w = world_of(state);
    static const char blob[] = {0, 1, 2, (char)255, 0, '\'', '\\'};
    static const int64_t integers[] = {0, -1, 1, INT64_MAX, INT64_MIN, 1 << 30};
    static const double reals[] = {0, -0.5, 1e300, 5e-324, 0.1, NAN, INFINITY};
    char sql[256];
    snprintf(sql, sizeof sql, "CREATE TABLE t (i BIGINT, r DOUBLE PRECISION, s TEXT, b %s)", lp_db_blob_type(w->db));
    execute(w->db, sql);
    int64_t changed;
    for (size_t k = 0; k < 6; k++)
        assert_ok(lp_db_execute(w->db, &changed, "INSERT INTO t VALUES ($1, $2, $4, $3)",
                                LP_DB_VALUES(lp_db_integer(integers[k]), lp_db_real(reals[k]),
                                             lp_db_blob(blob, k % 2 ? sizeof blob : 0),
                                             lp_db_text(k ? "it's ä \"text\"; DROP TABLE t" : NULL)),
                                error));
    assert_int_equal(changed, 1);
    lp_db_rows *rows;
    assert_ok(lp_db_select(w->db, &rows, "SELECT i, r, s, b FROM t", LP_DB_NO_VALUES, error));
    for (size_t k = 0; k < 6; k++) {
        lightpose_error error = {0};
        size_t size;
        assert_int_equal(lp_db_next(rows, &error), 1);
        assert_int_equal(lp_db_get_integer(rows, 0), integers[k]);
        const double real = lp_db_get_real(rows, 1);
        assert_true(isnan(reals[k]) ? isnan(real) : real == reals[k]);
        if (k)
            assert_string_equal(lp_db_get_text(rows, 2), "it's ä \"text\"; DROP TABLE t");
        else
            assert_null(lp_db_get_text(rows, 2));
        const void *const bytes = lp_db_get_blob(rows, 3, &size);
        assert_int_equal(size, k % 2 ? sizeof blob : 0);
        if (size)
            assert_memory_equal(bytes, blob, size);
    }
    assert_int_equal(lp_db_next(rows, NULL), 0);
    lp_db_rows_close(&rows);
    assert_ok(
        lp_db_execute(w->db, &changed, "UPDATE t SET i = 7 WHERE i <> $1", LP_DB_VALUES(lp_db_integer(-1)), error));
    assert_int_equal(changed, 5);
    /* Rows that nobody wants any more do not hold the next statement up. */
    assert_ok(lp_db_select(w->db, &rows, "SELECT a.i FROM t a, t b, t c, t d, t e", LP_DB_NO_VALUES, error));
    assert_int_equal(lp_db_next(rows, NULL), 1);
    lp_db_rows_close(&rows);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM t"), 6);
    assert_int_equal(integer(w->db, "SELECT CAST(SUM(i) AS BIGINT) FROM t"), 34);
}

static lightpose_status insert_and_fail(lp_db *db, void *opaque, lightpose_error *error) {
    lp_db_rows *rows = NULL;
    lightpose_status status = lp_db_execute(db, NULL, "INSERT INTO t VALUES (1)", LP_DB_NO_VALUES, error);
    if (status == LIGHTPOSE_OK && opaque)
        status = lp_db_select(db, &rows, "SELECT i FROM nowhere", LP_DB_NO_VALUES, error);
    lp_db_rows_close(&rows);
    return status;
}

static void failed_transactions_leave_nothing(void **state) {
    world *const w = world_of(state);
    int flag = 1;
    execute(w->db, "CREATE TABLE t (i BIGINT)");
    assert_fails(lp_db_transact(w->db, insert_and_fail, &flag, error), LIGHTPOSE_ERROR_FILE, "nowhere");
    assert_int_equal(lp_db_last_failure(w->db), LP_DB_ABSENT);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM t"), 0);
    assert_ok(lp_db_transact(w->db, insert_and_fail, NULL, error));
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM t"), 1);
}

/* ---- The corpus -------------------------------------------------------------------------------------------------- */

static void corpora_are_told_apart(void **state) {
    world *const w = world_of(state);
    assert_fails(lp_corpus_open(&w->corpus, w->db, error), LIGHTPOSE_ERROR_FILE, "holds no corpus");
    assert_ok(lp_corpus_create(w->db, &plain_corpus, error));
    assert_fails(lp_corpus_create(w->db, &plain_corpus, error), LIGHTPOSE_ERROR_ARGUMENT, "holds a corpus already");
    assert_ok(lp_corpus_open(&w->corpus, w->db, error));
    assert_string_equal(w->corpus.settings, "--height 256");
    assert_int_equal(w->corpus.range_frames, RANGE_FRAMES);
    assert_int_equal(w->corpus.max_attempts, 3);
    execute(w->db, "UPDATE lp_corpus SET schema_version = 77");
    lp_corpus other;
    assert_fails(lp_corpus_open(&other, w->db, error), LIGHTPOSE_ERROR_FILE, "has layout 77");
    assert_fails(lp_corpus_create(w->db, &plain_corpus, error), LIGHTPOSE_ERROR_ARGUMENT, "holds a corpus already");
}

static void videos_are_split_once(void **state) {
    world *const w = world_of(state);
    assert_int_equal(add_video(w, "/a/clip.mp4", "1", VIDEO_FRAMES), 1);
    assert_int_equal(add_video(w, "/b/clip.mp4", "2", 100), 2);
    assert_int_equal(add_video(w, "/c/clip.mp4", "3", 1), 3);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range"), 5);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range WHERE video = 1 AND first = 200 AND last = 250 AND "
                                    "next = 200 AND state = 'queued'"),
                     1);
    assert_int_equal(integer(w->db, "SELECT CAST(SUM(last - first) AS BIGINT) FROM lp_range"), VIDEO_FRAMES + 101);
    assert_int_equal(integer(w->db, "SELECT id FROM lp_video WHERE name = 'clip_3'"), 3);
    lp_corpus_video twin = {.path = "/a/clip.mp4", .source = "clip.mp4", .name = "x", .sha256 = "9", .frames = 5};
    int64_t id;
    assert_fails(lp_corpus_add(&w->corpus, &twin, &id, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "clip.mp4 is in the corpus already");
    twin.path = "/d/copy.mp4";
    twin.source = "copy.mp4";
    twin.sha256 = "2";
    assert_fails(lp_corpus_add(&w->corpus, &twin, &id, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "copy.mp4 is in the corpus already, as /b/clip.mp4");
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_video"), 3);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range"), 5);
}

/* ---- Ranges ------------------------------------------------------------------------------------------------------ */

static void ranges_are_done_in_order(void **state) {
    world *const w = world_of(state);
    add_video(w, "/a/clip.mp4", "1", VIDEO_FRAMES);
    for (int i = 0; i < 3; i++) {
        lp_queue_claim claim = claim_one(w);
        assert_int_equal(claim.id, i + 1);
        assert_int_equal(claim.next, i * RANGE_FRAMES);
        assert_int_equal(claim.last, i < 2 ? (i + 1) * RANGE_FRAMES : VIDEO_FRAMES);
        assert_string_equal(claim.video.path, "/a/clip.mp4");
        assert_true(claim.video.fps == 30000.0 / 1001);
        assert_int_equal(claim.video.mtime_ns, INT64_C(1732800000123456789));
        assert_true(store_frames(w, &claim, 30));
        assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range WHERE state = 'running'"), 1);
        assert_true(store_frames(w, &claim, (int)(claim.last - claim.next)));
        lp_queue_claim_free(&claim);
    }
    lp_queue_claim none = claim_one(w);
    lp_queue_outlook outlook;
    assert_int_equal(none.id, 0);
    assert_ok(lp_queue_look(&w->corpus, &outlook, error));
    assert_int_equal(outlook.open, 0);
    expect_whole(w);
    assert_int_equal(integer(w->db, "SELECT CAST(SUM(frames) AS BIGINT) FROM lp_block"), VIDEO_FRAMES);
    assert_int_equal(integer(w->db, "SELECT CAST(SUM(frames) AS BIGINT) FROM lp_progress"), VIDEO_FRAMES);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range WHERE state = 'done' AND owner IS NULL AND "
                                    "finished IS NOT NULL"),
                     3);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_attempt WHERE ended IS NOT NULL AND reason IS NULL"), 3);
}

/* A worker that was taken for dead comes back. */
static void a_lost_lease_stores_nothing(void **state) {
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
static void a_clock_set_back_does_no_harm(void **state) {
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

static void failures_are_tried_again_and_then_final(void **state) {
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
static void workers_that_vanish_are_counted(void **state) {
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

static void cancelled_ranges_take_nothing(void **state) {
    world *const w = world_of(state);
    int64_t count;
    add_video(w, "/a/clip.mp4", "1", VIDEO_FRAMES);
    lp_queue_claim claim = claim_one(w);
    assert_true(store_frames(w, &claim, 10));
    assert_ok(lp_queue_cancel(&w->corpus, &(lp_queue_filter){.range = 1}, &count, error));
    assert_int_equal(count, 1);
    assert_false(store_frames(w, &claim, 10));
    lp_queue_claim_free(&claim);
    claim = claim_one(w);
    assert_int_equal(claim.id, 2);
    lp_queue_claim_free(&claim);
    assert_ok(lp_queue_retry(&w->corpus, &(lp_queue_filter){0}, &count, error));
    claim = claim_one(w);
    assert_int_equal(claim.id, 1);
    assert_int_equal(claim.next, 10);
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
    memcpy(own.address, m->world->address, sizeof own.address);
    m->failed = lp_db_open(&own.db, own.address, &options, &error) != LIGHTPOSE_OK ||
                lp_corpus_open(&own.corpus, own.db, &error) != LIGHTPOSE_OK;
    while (!m->failed) {
        lp_queue_claim claim;
        m->failed = lp_queue_claim_next(&own.corpus, &plain_worker, &claim, &error) != LIGHTPOSE_OK;
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

static void a_crowd_claims_each_range_once(void **state) {
    world *const w = world_of(state);
    const int is_file = !strcmp(w->kind, "sqlite");
    const int crowd = is_file ? SQLITE_CROWD : CROWD, ranges = is_file ? SQLITE_RANGES : CROWD_RANGES;
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

/* ---- A server that goes away ------------------------------------------------------------------------------------- */

static void cut_others(world *w) {
    lp_db *other = connect_to(w, 0);
    execute(other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
                   "current_database()");
    lp_db_close(&other);
}

typedef struct cut {
    world *world;
    int runs;
} cut;

static lightpose_status insert_and_be_cut(lp_db *db, void *opaque, lightpose_error *error) {
    cut *const c = opaque;
    const lightpose_status status = lp_db_execute(db, NULL, "INSERT INTO t VALUES (1)", LP_DB_NO_VALUES, error);
    if (c->runs++ == 0)
        cut_others(c->world);
    return status;
}

static void a_lost_connection_is_made_again(void **state) {
    world *const w = world_of(state);
    if (!strcmp(w->kind, "sqlite"))
        skip();
    cut c = {w, 0};
    execute(w->db, "CREATE TABLE t (i BIGINT)");
    assert_ok(lp_db_transact(w->db, insert_and_be_cut, &c, error));
    assert_int_equal(c.runs, 2);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM t"), 1);
    add_video(w, "/a/clip.mp4", "1", VIDEO_FRAMES);
    cut_others(w);
    lp_queue_claim claim = claim_one(w);
    assert_int_equal(claim.id, 1);
    cut_others(w);
    assert_true(store_frames(w, &claim, 10));
    cut_others(w);
    assert_true(store_frames(w, &claim, 90));
    expect_whole(w);
    lp_queue_claim_free(&claim);
}

/* The transaction was committed, and the worker did not hear of it. */
static void an_unheard_commit_stores_once(void **state) {
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

/* ---- Bad addresses ----------------------------------------------------------------------------------------------- */

static void bad_files_are_refused(void **state) {
    world *const w = world_of(state);
    if (strcmp(w->kind, "sqlite") != 0)
        skip();
    const lp_db_options options = {0};
    lp_db *db;
    const char *const path = scratch_path(w->folder, "none.db");
    assert_fails(lp_db_open(&db, path, &options, error), LIGHTPOSE_ERROR_FILE, "lightpose corpus init");
    assert_int_equal(access(path, F_OK), -1);
    scratch_write(path,
                  "This is a text and no database; it is longer than the head of one, which has 100 bytes, at the "
                  "very least.");
    assert_fails(lp_db_open(&db, path, &options, error), LIGHTPOSE_ERROR_FILE, "not an SQLite database");
    assert_fails(lp_db_open(&db, w->folder, &options, error), LIGHTPOSE_ERROR_FILE, "not a file");
}

static void bad_servers_are_refused_without_secrets(void **state) {
    world *const w = world_of(state);
    static const char *const addresses[] = {"postgresql://owner:geheim@127.0.0.1:%d/postgres",
                                            "postgresql://owner:geheim@127.0.0.1:%d/nowhere",
                                            "postgresql://owner:geheim@127.0.0.1:1/x",
                                            "postgresql://owner:geheim@127.0.0.1:port/x",
                                            "postgresql://127.0.0.1:%d/x?user=owner&password=geheim",
                                            "postgresql://owner:geh%%zzeim@127.0.0.1/x"};
    if (!strcmp(w->kind, "sqlite"))
        skip();
    const char *const colon = strrchr(server, ':');
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        const lp_db_options options = {0};
        char address[256];
        lightpose_error error = {0};
        lp_db *db;
        snprintf(address, sizeof address, addresses[i], atoi(colon + 1));
        assert_int_not_equal(lp_db_open(&db, address, &options, &error), LIGHTPOSE_OK);
        assert_null(db);
        if (strstr(error.text, "geheim"))
            fail_msg("%s", error.text);
        if (i == 0 || i == 4)
            assert_non_null(strstr(error.text, "password authentication failed"));
    }
}

/* ------------------------------------------------------------------------------------------------------------------ */

int main(void) {
    static char file[] = "sqlite", other[] = "postgresql";
    static const struct {
        const char *name;
        CMUnitTestFunction test;
        CMFixtureFunction set_up;
    } tests[] = {
        {"values come back", values_come_back, set_up_bare},
        {"failed transactions leave nothing", failed_transactions_leave_nothing, set_up_bare},
        {"corpora are told apart", corpora_are_told_apart, set_up_bare},
        {"videos are split once", videos_are_split_once, set_up},
        {"ranges are done in order", ranges_are_done_in_order, set_up},
        {"a lost lease stores nothing", a_lost_lease_stores_nothing, set_up},
        {"a clock set back does no harm", a_clock_set_back_does_no_harm, set_up},
        {"failures are tried again and then final", failures_are_tried_again_and_then_final, set_up},
        {"workers that vanish are counted", workers_that_vanish_are_counted, set_up},
        {"cancelled ranges take nothing", cancelled_ranges_take_nothing, set_up},
        {"an unheard commit stores once", an_unheard_commit_stores_once, set_up},
        {"a lost connection is made again", a_lost_connection_is_made_again, set_up},
        {"a crowd claims each range once", a_crowd_claims_each_range_once, set_up},
        {"bad files are refused", bad_files_are_refused, set_up_bare},
        {"bad servers are refused without secrets", bad_servers_are_refused_without_secrets, set_up_bare},
    };
    enum { COUNT = sizeof tests / sizeof *tests };
    static struct CMUnitTest all[2 * COUNT];
    static char names[2 * COUNT][80];
    server = getenv("LIGHTPOSE_TEST_POSTGRES");
    for (int i = 0; i < 2 * COUNT; i++) {
        char *const kind = i < COUNT ? file : other;
        snprintf(names[i], sizeof names[i], "%s: %s", kind, tests[i % COUNT].name);
        all[i] = (struct CMUnitTest){names[i], tests[i % COUNT].test, tests[i % COUNT].set_up, tear_down, kind};
    }
    return cmocka_run_group_tests_name("corpus queue", all, NULL, NULL);
}
