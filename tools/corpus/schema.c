/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The tables of a corpus. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus/corpus.h"
#include "fail.h"

/* %s is the type of blobs. Times are seconds since 1970 by the database's clock. */
static const char *const tables[] = {
    /* The primary key `one` is always 1, so that there is only one row. */
    "CREATE TABLE lp_corpus (one BIGINT PRIMARY KEY CHECK (one = 1), schema_version BIGINT NOT NULL, "
    "name TEXT NOT NULL, settings TEXT NOT NULL, weights TEXT NOT NULL, weights_sha256 TEXT NOT NULL, "
    "precision_name TEXT NOT NULL, version TEXT NOT NULL, created DOUBLE PRECISION NOT NULL, "
    "range_frames BIGINT NOT NULL, max_attempts BIGINT NOT NULL)",

    "CREATE TABLE lp_video (id BIGINT PRIMARY KEY, path TEXT NOT NULL UNIQUE, source TEXT NOT NULL, "
    "name TEXT NOT NULL UNIQUE, film TEXT NOT NULL, camera TEXT NOT NULL, size BIGINT NOT NULL, mtime_ns BIGINT NOT "
    "NULL, sha256 TEXT NOT NULL UNIQUE, "
    "width BIGINT NOT NULL, height BIGINT NOT NULL, frames BIGINT NOT NULL, fps DOUBLE PRECISION NOT NULL, "
    "rate_num BIGINT NOT NULL, rate_den BIGINT NOT NULL, time_base_num BIGINT NOT NULL, "
    "time_base_den BIGINT NOT NULL, added DOUBLE PRECISION NOT NULL)",

    /* due: earliest start of a queued range, end of the lease of a running one, else 0. attempts: all of them; tries:
     * those since the last stored frame. attempt: number of the current or last row of lp_attempt; 0: none. */
    "CREATE TABLE lp_range (id BIGINT PRIMARY KEY, video BIGINT NOT NULL REFERENCES lp_video (id), "
    "first BIGINT NOT NULL, last BIGINT NOT NULL, next BIGINT NOT NULL, state TEXT NOT NULL, "
    "due DOUBLE PRECISION NOT NULL, lease DOUBLE PRECISION NOT NULL, owner TEXT, attempts BIGINT NOT NULL, "
    "tries BIGINT NOT NULL, attempt BIGINT NOT NULL, started DOUBLE PRECISION, finished DOUBLE PRECISION, "
    "reason TEXT, detail TEXT, CHECK (first < last AND first <= next AND next <= last))",
    "CREATE INDEX lp_range_due ON lp_range (state, due, id)",
    "CREATE INDEX lp_range_video ON lp_range (video, first)",

    "CREATE TABLE lp_attempt (range_id BIGINT NOT NULL REFERENCES lp_range (id), number BIGINT NOT NULL, "
    "owner TEXT NOT NULL, host TEXT NOT NULL, process BIGINT NOT NULL, job TEXT, version TEXT NOT NULL, "
    "weights_sha256 TEXT NOT NULL, precision_name TEXT NOT NULL, cpu TEXT NOT NULL, engine TEXT NOT NULL, "
    "threads BIGINT NOT NULL, first BIGINT NOT NULL, next BIGINT NOT NULL, started DOUBLE PRECISION NOT NULL, "
    "seen DOUBLE PRECISION NOT NULL, ended DOUBLE PRECISION, reason TEXT, detail TEXT, "
    "PRIMARY KEY (range_id, number))",

    "CREATE TABLE lp_block (video BIGINT NOT NULL, first BIGINT NOT NULL, frames BIGINT NOT NULL, "
    "people BIGINT NOT NULL, range_id BIGINT NOT NULL, attempt BIGINT NOT NULL, data %s NOT NULL, "
    "PRIMARY KEY (video, first))",

    ("CREATE TABLE lp_progress (minute BIGINT NOT NULL, range_id BIGINT NOT NULL, frames BIGINT NOT NULL, "
     "people BIGINT NOT NULL, bytes BIGINT NOT NULL, PRIMARY KEY (minute, range_id))"),
};

/* ---- Creating ---------------------------------------------------------------------------------------------------- */

/* *count is the number of corpora of any schema, -1 without a table. Call it outside of a transaction: in PostgreSQL a
 * missing table aborts one. */
static lightpose_status count_corpora(lp_db *db, int64_t *count, lightpose_error *error) {
    lightpose_error detail = {0};
    const lightpose_status status =
        lp_db_select_integer(db, count, NULL, "SELECT COUNT(*) FROM lp_corpus", LP_DB_NO_VALUES, &detail);
    if (status == LIGHTPOSE_OK)
        return status;
    *count = -1;
    return lp_db_last_failure(db) == LP_DB_ABSENT ? LIGHTPOSE_OK : lp_fail(error, status, "%s", detail.text);
}

/* With `missing`, makes only those that do not exist. */
static lightpose_status make_tables(lp_db *db, int missing, lightpose_error *error) {
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        static const char *const words[] = {"CREATE TABLE ", "CREATE INDEX "};
        const char *const start = words[!strncmp(tables[i], words[1], strlen(words[1]))];
        const char *const rest = tables[i] + strlen(start), *const place = strstr(rest, "%s");
        const int before = (int)(place ? place - rest : (ptrdiff_t)strlen(rest));
        char sql[1024];
        snprintf(sql, sizeof sql, "%s%s%.*s%s%s", start, missing ? "IF NOT EXISTS " : "", before, rest,
                 place ? lp_db_blob_type(db) : "", place ? place + 2 : "");
        LP_TRY(lp_db_execute(db, NULL, sql, LP_DB_NO_VALUES, error));
    }
    return LIGHTPOSE_OK;
}

typedef struct creating {
    const lp_corpus *corpus;
    double now; /* 0 before the first try */
} creating;

/* Whether the corpus exists already, from a transaction that committed just before the connection was lost. Missing
 * tables are made first: a query of a missing table would abort the transaction. */
static lightpose_status is_created(lp_db *db, const creating *c, int *created, lightpose_error *error) {
    int64_t count;
    LP_TRY(make_tables(db, 1, error));
    LP_TRY(lp_db_select_integer(
        db, &count, NULL, "SELECT COUNT(*) FROM lp_corpus WHERE created = $1 AND name = $2 AND settings = $3",
        LP_DB_VALUES(lp_db_real(c->now), lp_db_text(c->corpus->name), lp_db_text(c->corpus->settings)), error));
    *created = count == 1;
    return LIGHTPOSE_OK;
}

static lightpose_status create(lp_db *db, void *opaque, lightpose_error *error) {
    creating *const creation = opaque;
    const lp_corpus *const c = creation->corpus;
    int created = 0;
    if (creation->now > 0)
        LP_TRY(is_created(db, creation, &created, error));
    else
        LP_TRY(make_tables(db, 0, error));
    if (created)
        return LIGHTPOSE_OK;
    if (!(creation->now > 0))
        LP_TRY(lp_db_now(db, &creation->now, error));
    return lp_db_execute(db, NULL, "INSERT INTO lp_corpus VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                         LP_DB_VALUES(lp_db_integer(LP_CORPUS_SCHEMA), lp_db_text(c->name), lp_db_text(c->settings),
                                      lp_db_text(c->weights), lp_db_text(c->weights_sha256), lp_db_text(c->precision),
                                      lp_db_text(c->version), lp_db_real(creation->now), lp_db_integer(c->range_frames),
                                      lp_db_integer(c->max_attempts)),
                         error);
}

lightpose_status lp_corpus_create(lp_db *db, const lp_corpus *corpus, lightpose_error *error) {
    int64_t count;
    LP_TRY(count_corpora(db, &count, error));
    if (count >= 0)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "%s holds a corpus already; a database holds one, so give the new one another file or database",
                       lp_db_name(db));
    creating creation = {corpus, 0};
    return lp_db_transact(db, create, &creation, error);
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static lightpose_status read_row(lp_corpus *c, lp_db_rows *rows, lightpose_error *error) {
    const char **const texts[] = {&c->name, &c->settings, &c->weights, &c->weights_sha256, &c->precision, &c->version};
    if (lp_db_next(rows, error) < 0)
        return LIGHTPOSE_ERROR_FILE;
    for (int i = 0; i < 6; i++) {
        const char *const text = lp_db_get_text(rows, i);
        *texts[i] = c->memory[i] = strdup(text ? text : "");
        if (!*texts[i])
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a corpus");
    }
    c->created = lp_db_get_real(rows, 6);
    c->range_frames = lp_db_get_integer(rows, 7);
    c->max_attempts = (int)lp_db_get_integer(rows, 8);
    return LIGHTPOSE_OK;
}

lightpose_status lp_corpus_open(lp_corpus *corpus, lp_db *db, lightpose_error *error) {
    int64_t count, schema;
    lp_db_rows *rows;
    *corpus = (lp_corpus){.db = db};
    LP_TRY(count_corpora(db, &count, error));
    if (count <= 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s holds no corpus; make one with `lightpose corpus init`",
                       lp_db_name(db));
    if (count > 1)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s holds %d corpora; a database holds one", lp_db_name(db),
                       (int)count);
    LP_TRY(lp_db_select_integer(db, &schema, NULL, "SELECT schema_version FROM lp_corpus", LP_DB_NO_VALUES, error));
    if (schema != LP_CORPUS_SCHEMA)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE,
                       "%s has layout %d, and lightpose %s reads layout %d; use the version that made the corpus",
                       lp_db_name(db), (int)schema, lightpose_version(), LP_CORPUS_SCHEMA);
    LP_TRY(lp_db_select(db, &rows,
                        "SELECT name, settings, weights, weights_sha256, precision_name, version, created, "
                        "range_frames, max_attempts FROM lp_corpus",
                        LP_DB_NO_VALUES, error));
    const lightpose_status status = read_row(corpus, rows, error);
    lp_db_rows_close(&rows);
    if (status != LIGHTPOSE_OK)
        lp_corpus_free(corpus);
    return status;
}

void lp_corpus_free(lp_corpus *c) {
    for (int i = 0; i < 6; i++)
        free(c->memory[i]);
    *c = (lp_corpus){0};
}
