/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The database itself: values, transactions, connections that break, addresses that are none. */

#include "queue_world.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* ---- Values and transactions ------------------------------------------------------------------------------------- */

void values_come_back(void **state) {
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

void failed_transactions_leave_nothing(void **state) {
    world *const w = world_of(state);
    int flag = 1;
    execute(w->db, "CREATE TABLE t (i BIGINT)");
    assert_fails(lp_db_transact(w->db, insert_and_fail, &flag, error), LIGHTPOSE_ERROR_FILE, "nowhere");
    assert_int_equal(lp_db_last_failure(w->db), LP_DB_ABSENT);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM t"), 0);
    assert_ok(lp_db_transact(w->db, insert_and_fail, NULL, error));
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM t"), 1);
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

void a_lost_connection_is_made_again(void **state) {
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

/* ---- Bad addresses ----------------------------------------------------------------------------------------------- */

void bad_files_are_refused(void **state) {
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

void bad_servers_are_refused_without_secrets(void **state) {
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
