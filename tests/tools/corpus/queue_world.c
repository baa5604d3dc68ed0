/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "queue_world.h"

#include <stdio.h>
#include <unistd.h>

const char *server;

const lp_corpus plain_corpus = {.name = "test",
                                .settings = "--height 256",
                                .weights = "w.safetensors",
                                .weights_sha256 = "abc",
                                .precision = "f32",
                                .version = "1",
                                .range_frames = RANGE_FRAMES,
                                .max_attempts = 3};

const lp_queue_worker plain_worker = {.host = "here",
                                      .process = 1,
                                      .weights_sha256 = "abc",
                                      .precision = "f32",
                                      .cpu = "AVX2",
                                      .engine = "oneDNN",
                                      .threads = 2,
                                      .lease = 60};

lp_db *connect_to(const world *w, int create) {
    const lp_db_options options = {.create = create, .patience = 20};
    lp_db *db;
    assert_ok(lp_db_open(&db, w->address, &options, error));
    return db;
}

void execute(lp_db *db, const char *sql) {
    assert_ok(lp_db_execute(db, NULL, sql, LP_DB_NO_VALUES, error));
}

int64_t integer(lp_db *db, const char *sql) {
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

int set_up_bare(void **state) {
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

int set_up(void **state) {
    (void)set_up_bare(state);
    world *const w = *state;
    if (!w->db)
        return 0;
    assert_ok(lp_corpus_create(w->db, &plain_corpus, error));
    assert_ok(lp_corpus_open(&w->corpus, w->db, error));
    return 0;
}

int tear_down(void **state) {
    world *const w = *state;
    lp_corpus_free(&w->corpus);
    lp_db_close(&w->db);
    if (w->folder)
        scratch_remove(w->folder);
    free(w);
    return 0;
}

world *world_of(void **state) {
    world *const w = *state;
    if (!w->db)
        skip();
    return w;
}

int64_t add_video(world *w, const char *path, const char *sha256, int64_t frames) {
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

lp_queue_claim claim_one(world *w) {
    lp_queue_claim claim;
    assert_ok(lp_queue_claim_next(&w->corpus, &plain_worker, &claim, error));
    return claim;
}

int store_frames(world *w, lp_queue_claim *claim, int frames) {
    const lp_queue_block block = {"block\0data", 10, frames, 2 * frames};
    int held;
    assert_ok(lp_queue_store(&w->corpus, &plain_worker, claim, &block, &held, error));
    return held;
}

void expect_whole(world *w) {
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_block a JOIN lp_block b ON a.video = b.video AND "
                                    "a.first < b.first AND a.first + a.frames > b.first"),
                     0);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range r WHERE next - first <> (SELECT "
                                    "COALESCE(SUM(frames), 0) FROM lp_block b WHERE b.range_id = r.id)"),
                     0);
}
