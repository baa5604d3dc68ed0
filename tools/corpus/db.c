/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/db.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "corpus/db_inside.h"
#include "input/address.h"

/* ---- Values ------------------------------------------------------------------------------------------------------ */

lp_db_value lp_db_integer(int64_t value) {
    return (lp_db_value){.kind = LP_DB_INTEGER, .integer = value};
}

lp_db_value lp_db_real(double value) {
    return (lp_db_value){.kind = isnan(value) ? LP_DB_NULL : LP_DB_REAL, .real = value};
}

lp_db_value lp_db_text(const char *text) {
    return (lp_db_value){.kind = text ? LP_DB_TEXT : LP_DB_NULL, .bytes = text, .size = text ? strlen(text) : 0};
}

lp_db_value lp_db_blob(const void *bytes, size_t size) {
    return (lp_db_value){.kind = LP_DB_BLOB, .bytes = bytes, .size = size};
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

int lp_db_is_server(const char *address) {
    return !strncmp(address, "postgresql://", 13) || !strncmp(address, "postgres://", 11);
}

void lp_db_tell(const lp_db *db, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (db->options.tell)
        db->options.tell(db->options.opaque, text);
}

lightpose_status lp_db_open(lp_db **db, const char *address, const lp_db_options *options, lightpose_error *error) {
    const int server = lp_db_is_server(address);
    const lp_db_driver *const driver = server ? lp_db_postgres() : lp_db_sqlite();
    *db = NULL;
    /* The message does not quote the address, which may contain a password. */
    if (!server &&
        (strstr(address, "://") || !strncmp(address, "postgres", 8) || strstr(address, "host=") ||
         strstr(address, "dbname=") || strstr(address, "password=")) &&
        access(address, F_OK) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "the address of the database is not valid: that of a PostgreSQL server has the form "
                       "postgresql://USER@HOST:PORT/DATABASE, and anything else is the path of a file");
    if (!driver)
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED,
                       server
                           ? "this command was built without PostgreSQL: build it with libpq and -Dpostgresql=enabled"
                           : "this command was built without SQLite: build it with -Dsqlite=enabled");
    lp_db *self = calloc(1, sizeof *self);
    if (!self)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a database");
    self->driver = driver;
    self->options = *options;
    self->address = strdup(address);
    self->name = server ? lp_address_masked(address) : strdup(address);
    const lightpose_status status = self->address && self->name
                                        ? driver->open(self, error)
                                        : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a database");
    self->opened = status == LIGHTPOSE_OK;
    if (status == LIGHTPOSE_OK)
        *db = self;
    else
        lp_db_close(&self);
    return status;
}

void lp_db_close(lp_db **db) {
    lp_db *const self = *db;
    if (!self)
        return;
    self->driver->close(self);
    free(self->address);
    free(self->name);
    free(self);
    *db = NULL;
}

const char *lp_db_name(const lp_db *db) {
    return db->name;
}

lp_db_failure lp_db_last_failure(const lp_db *db) {
    return db->failure;
}

const char *lp_db_blob_type(const lp_db *db) {
    return db->driver->blob_type;
}

const char *lp_db_skip_locked(const lp_db *db) {
    return db->driver->skip_locked;
}

lightpose_status lp_db_now(lp_db *db, double *now, lightpose_error *error) {
    return db->driver->now(db, now, error);
}

/* ---- Statements -------------------------------------------------------------------------------------------------- */

lightpose_status lp_db_select(lp_db *db, lp_db_rows **rows, const char *sql, const lp_db_value *values, int count,
                              lightpose_error *error) {
    *rows = calloc(1, sizeof **rows);
    db->failure = LP_DB_OTHER;
    if (!*rows)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for rows of a database");
    (*rows)->db = db;
    const lightpose_status status = db->driver->select(db, *rows, sql, values, count, error);
    if (status == LIGHTPOSE_OK)
        db->failure = LP_DB_FINE;
    else
        lp_db_rows_close(rows);
    return status;
}

int lp_db_next(lp_db_rows *rows, lightpose_error *error) {
    return rows->db->driver->next(rows, error);
}

void lp_db_rows_close(lp_db_rows **rows) {
    if (*rows)
        (*rows)->db->driver->end(*rows);
    free(*rows);
    *rows = NULL;
}

int64_t lp_db_get_integer(lp_db_rows *rows, int column) {
    return rows->db->driver->get_integer(rows, column);
}

double lp_db_get_real(lp_db_rows *rows, int column) {
    return rows->db->driver->get_real(rows, column);
}

const char *lp_db_get_text(lp_db_rows *rows, int column) {
    return rows->db->driver->get_text(rows, column);
}

const void *lp_db_get_blob(lp_db_rows *rows, int column, size_t *size) {
    return rows->db->driver->get_blob(rows, column, size);
}

lightpose_status lp_db_execute(lp_db *db, int64_t *changed, const char *sql, const lp_db_value *values, int count,
                               lightpose_error *error) {
    lp_db_rows *rows;
    LP_TRY(lp_db_select(db, &rows, sql, values, count, error));
    int got;
    while ((got = lp_db_next(rows, error)) > 0)
        ;
    if (changed)
        *changed = got < 0 ? 0 : db->driver->changed(rows);
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}

lightpose_status lp_db_select_integer(lp_db *db, int64_t *value, int *found, const char *sql, const lp_db_value *values,
                                      int count, lightpose_error *error) {
    lp_db_rows *rows;
    *value = 0;
    LP_TRY(lp_db_select(db, &rows, sql, values, count, error));
    const int got = lp_db_next(rows, error);
    if (got > 0)
        *value = lp_db_get_integer(rows, 0);
    if (found)
        *found = got > 0;
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}

/* ---- Transactions ------------------------------------------------------------------------------------------------ */

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int is_stopped(const lp_db *db) {
    return db->options.stop && atomic_load(db->options.stop);
}

/* After a stop request a worker still gives its range back, but does not wait long for the database. */
enum { STOPPED_PATIENCE_MS = 10000 };

static int is_patient(const lp_db *db, int64_t start) {
    const int64_t patience = (int64_t)db->options.patience * 1000, waited = now_ms() - start;
    return waited < patience && !(is_stopped(db) && waited > STOPPED_PATIENCE_MS);
}

/* Waits `ms`, or until a stop request. */
static void pause_for(const lp_db *db, int64_t ms) {
    const int stopped = is_stopped(db);
    const int64_t until = now_ms() + ms;
    for (int64_t left = ms; left > 0 && is_stopped(db) == stopped; left = until - now_ms()) {
        const int64_t step = left < 50 ? left : 50;
        const struct timespec pause = {0, (long)step * 1000000};
        nanosleep(&pause, NULL);
    }
}

/* Reconnects, at growing intervals. */
static lightpose_status reconnect(lp_db *db, lightpose_error *error) {
    const int64_t start = now_ms();
    for (int pause = 100;; pause = pause < 5000 ? 2 * pause : 5000) {
        lightpose_error detail = {0};
        db->driver->close(db);
        const lightpose_status status = db->driver->open(db, &detail);
        if (status == LIGHTPOSE_OK) {
            lp_db_tell(db, "%s: connected again after %.1f s", db->name, (double)(now_ms() - start) * 1e-3);
            return status;
        }
        if (db->failure != LP_DB_LOST || !is_patient(db, start))
            return lp_fail(error, status, "%s", detail.text);
        pause_for(db, pause);
    }
}

static lightpose_status attempt(lp_db *db, lightpose_status (*body)(lp_db *, void *, lightpose_error *), void *opaque,
                                lightpose_error *error) {
    lightpose_status status = lp_db_execute(db, NULL, db->driver->begin, LP_DB_NO_VALUES, error);
    if (status != LIGHTPOSE_OK)
        return status;
    status = body(db, opaque, error);
    if (status == LIGHTPOSE_OK)
        status = lp_db_execute(db, NULL, "COMMIT", LP_DB_NO_VALUES, error);
    if (status != LIGHTPOSE_OK && db->failure != LP_DB_LOST) {
        lightpose_error ignored = {0};
        const lp_db_failure failure = db->failure;
        if (lp_db_execute(db, NULL, "ROLLBACK", LP_DB_NO_VALUES, &ignored) == LIGHTPOSE_OK ||
            db->failure != LP_DB_LOST) /* SQLite may have rolled back by itself */
            db->failure = failure;
    }
    return status;
}

lightpose_status lp_db_transact(lp_db *db, lightpose_status (*body)(lp_db *db, void *opaque, lightpose_error *error),
                                void *opaque, lightpose_error *error) {
    const int64_t start = now_ms();
    for (int pause = 5;; pause = pause < 500 ? 2 * pause : 500) {
        lightpose_error detail = {0};
        db->failure = LP_DB_FINE;
        lightpose_status status = attempt(db, body, opaque, &detail);
        if (status == LIGHTPOSE_OK)
            return status;
        if (db->failure == LP_DB_LOST) {
            lp_db_tell(db, "%s; trying for %d s", detail.text, db->options.patience);
            status = reconnect(db, error);
            if (status != LIGHTPOSE_OK)
                return status;
            pause_for(db, pause); /* the server may break off each time */
        } else if (db->failure == LP_DB_BUSY && is_patient(db, start)) {
            pause_for(db, pause);
        } else {
            return lp_fail(error, status, "%s", detail.text);
        }
    }
}
