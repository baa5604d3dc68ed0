/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/db_inside.h"

#if LP_HAVE_POSTGRESQL

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

/* A connection without an answer for this long is taken as lost: a cut cable gives no error. */
enum { SILENCE_MS = 60000 };

/* Type numbers of PostgreSQL's catalog, which are stable. */
enum { BOOL = 16, BYTEA = 17, INT8 = 20, INT2 = 21, INT4 = 23, TEXT = 25, FLOAT4 = 700, FLOAT8 = 701 };

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Messages ---------------------------------------------------------------------------------------------------- */

/* Joins the lines of libpq's text. */
static void one_line(const char *from, char *to, size_t size) {
    size_t used = 0;
    for (; *from && used + 1 < size; from++)
        if (*from != '\n')
            to[used++] = *from;
        else if (from[1])
            to[used++] = ' ';
    to[used] = '\0';
}

static int begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static lp_db_failure class_of(const PGconn *connection, const char *state) {
    if (PQstatus(connection) == CONNECTION_BAD || begins(state, "08") || begins(state, "57P"))
        return LP_DB_LOST;
    if (begins(state, "40") || begins(state, "55P03"))
        return LP_DB_BUSY;
    if (begins(state, "53100"))
        return LP_DB_FULL;
    return begins(state, "42P01") || begins(state, "42703") ? LP_DB_ABSENT : LP_DB_OTHER;
}

static lightpose_status fail(lp_db *db, const PGresult *result, lightpose_error *error) {
    const char *const state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *const primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    char text[512];
    one_line(primary ? primary : PQerrorMessage(db->handle), text, sizeof text);
    db->failure = class_of(db->handle, state ? state : "");
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", db->name, text);
}

/* ---- Connecting -------------------------------------------------------------------------------------------------- */

static void postgres_close(lp_db *db) {
    PQfinish(db->handle);
    db->handle = NULL;
}

/* Discards notices, which libpq would print on standard error. */
static void ignore(void *opaque, const PGresult *result) {
    (void)opaque;
    (void)result;
}

/* Whether another try may help: yes if the server is down, starting, full or cannot be reached; no if it refused. Goes
 * by the text, since libpq has no error codes before there is a session. */
static int may_come_back(const char *text) {
    static const char *const final[] = {"password",
                                        "does not exist",
                                        "no pg_hba.conf entry",
                                        "permission denied",
                                        "could not translate host name",
                                        "not permitted to log in"};
    for (size_t i = 0; i < sizeof final / sizeof *final; i++)
        if (strstr(text, final[i]))
            return 0;
    return 1;
}

/* Hides passwords in messages: one in the wrong place of an address may be quoted. */
static void hide_secrets(const PQconninfoOption *options, char *text) {
    for (; options->keyword; options++) {
        char *at = options->val && *options->val && strstr(options->keyword, "password") ? text : NULL;
        while (at && (at = strstr(at, options->val)))
            memset(at, '*', strlen(options->val));
    }
}

static lightpose_status postgres_open(lp_db *db, lightpose_error *error) {
    /* Values of the address override these, since it comes last. */
    static const char *const names[] = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                                        "keepalives_count", "tcp_user_timeout", "application_name",
                                        "client_encoding",  "dbname",           NULL};
    const char *const values[] = {"10", "10", "5", "3", "60000", "lightpose corpus", "UTF8", db->address, NULL};
    char text[512];
    db->failure = LP_DB_OTHER;
    char *wrong = NULL;
    PQconninfoOption *const parsed = PQconninfoParse(db->address, &wrong);
    PQfreemem(wrong); /* not shown: it may quote the password */
    if (!parsed)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "%s: the address is malformed; it has the form postgresql://USER@HOST:PORT/DATABASE, with "
                       "special characters as %%XX",
                       db->name);
    db->handle = PQconnectdbParams(names, values, 1);
    if (db->handle && PQstatus(db->handle) != CONNECTION_OK) {
        one_line(PQerrorMessage(db->handle), text, sizeof text);
        hide_secrets(parsed, text);
        db->failure = may_come_back(text) ? LP_DB_LOST : LP_DB_OTHER;
        postgres_close(db);
        PQconninfoFree(parsed);
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", db->name, text);
    }
    PQconninfoFree(parsed);
    if (!db->handle)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory", db->name);
    PQsetNoticeReceiver(db->handle, ignore, NULL);
    return LIGHTPOSE_OK;
}

/* ---- Statements -------------------------------------------------------------------------------------------------- */

/* Waits for the next result, at most SILENCE_MS. Returns 0 if the connection is lost. */
static int wait_for_result(lp_db *db, PGresult **result) {
    PGconn *const connection = db->handle;
    const int64_t until = now_ms() + SILENCE_MS;
    while (PQisBusy(connection)) {
        struct pollfd wait = {.fd = PQsocket(connection), .events = POLLIN};
        const int64_t left = until - now_ms();
        const int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
        if (ready == 0 || (ready < 0 && errno != EINTR))
            return 0;
        if (!PQconsumeInput(connection))
            return 0;
    }
    *result = PQgetResult(connection);
    return 1;
}

/* The same for sending. */
static int flush(lp_db *db) {
    PGconn *const connection = db->handle;
    const int64_t until = now_ms() + SILENCE_MS;
    int more;
    while ((more = PQflush(connection)) > 0) {
        struct pollfd wait = {.fd = PQsocket(connection), .events = POLLIN | POLLOUT};
        const int64_t left = until - now_ms();
        const int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
        if (ready == 0 || (ready < 0 && errno != EINTR))
            return 0;
        if ((wait.revents & POLLIN) && !PQconsumeInput(connection))
            return 0;
    }
    return more == 0;
}

static lightpose_status fail_lost(lp_db *db, lightpose_error *error) {
    char text[512];
    one_line(db->handle ? PQerrorMessage(db->handle) : "", text, sizeof text);
    db->failure = LP_DB_LOST;
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: the connection is lost%s%s", db->name, *text ? ": " : "", text);
}

enum { MOST_VALUES = 32 };

typedef struct parameters {
    Oid types[MOST_VALUES];
    const char *values[MOST_VALUES];
    int lengths[MOST_VALUES], formats[MOST_VALUES];
    uint64_t numbers[MOST_VALUES];
} parameters;

static void set_parameter(parameters *p, int i, const lp_db_value *value) {
    uint64_t bits = (uint64_t)value->integer;
    if (value->kind == LP_DB_REAL)
        memcpy(&bits, &value->real, sizeof bits);
    p->numbers[i] = htobe64(bits);
    p->formats[i] = value->kind != LP_DB_TEXT;
    switch (value->kind) {
    case LP_DB_NULL:
        return;
    case LP_DB_INTEGER:
    case LP_DB_REAL:
        p->types[i] = value->kind == LP_DB_REAL ? FLOAT8 : INT8;
        p->values[i] = (const char *)&p->numbers[i];
        p->lengths[i] = 8;
        return;
    case LP_DB_TEXT:
    case LP_DB_BLOB:
        p->types[i] = value->kind == LP_DB_BLOB ? BYTEA : TEXT;
        p->values[i] = value->size ? value->bytes : "";
        p->lengths[i] = (int)value->size;
        return;
    }
}

/* Discards the remaining results of the previous statement. */
static void drain(lp_db *db) {
    PGresult *result = NULL;
    while (db->handle && wait_for_result(db, &result) && result)
        PQclear(result);
}

static lightpose_status postgres_select(lp_db *db, lp_db_rows *rows, const char *sql, const lp_db_value *values,
                                        int count, lightpose_error *error) {
    parameters p = {0};
    if (!db->handle)
        return fail_lost(db, error);
    if (count > MOST_VALUES)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "%d values for a statement; the limit is %d", count, MOST_VALUES);
    for (int i = 0; i < count; i++) {
        if (values[i].size > INT32_MAX)
            return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "%zu bytes for a value; the limit is %d", values[i].size,
                           INT32_MAX);
        set_parameter(&p, i, &values[i]);
    }
    if (!PQsendQueryParams(db->handle, sql, count, p.types, p.values, p.lengths, p.formats, 1) ||
        !PQsetSingleRowMode(db->handle) || !flush(db))
        return fail_lost(db, error);
    PGresult *result = NULL;
    if (!wait_for_result(db, &result))
        return fail_lost(db, error);
    rows->handle = result;
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return LIGHTPOSE_OK;
    return fail(db, result, error);
}

static int postgres_next(lp_db_rows *rows, lightpose_error *error) {
    PGresult *result = rows->handle;
    if (rows->state) { /* fetch the next row */
        PQclear(result);
        rows->handle = NULL;
        if (!wait_for_result(rows->db, &result)) {
            (void)fail_lost(rows->db, error);
            return -1;
        }
        rows->handle = result;
    }
    switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE:
        rows->state = 1;
        return 1;
    case PGRES_TUPLES_OK: /* empty: the end of the rows */
    case PGRES_COMMAND_OK:
        rows->state = 0;
        return 0;
    default:
        rows->state = 0;
        (void)fail(rows->db, result, error);
        return -1;
    }
}

static int64_t postgres_changed(const lp_db_rows *rows) {
    return rows->handle ? strtoll(PQcmdTuples(rows->handle), NULL, 10) : 0;
}

static void postgres_end(lp_db_rows *rows) {
    /* Cancel the rest of the rows. */
    if (rows->state && rows->db->handle) {
        PGcancel *const cancel = PQgetCancel(rows->db->handle);
        char text[256];
        if (cancel)
            (void)PQcancel(cancel, text, sizeof text);
        PQfreeCancel(cancel);
    }
    PQclear(rows->handle);
    if (rows->db->failure != LP_DB_LOST)
        drain(rows->db);
}

/* ---- Columns ----------------------------------------------------------------------------------------------------- */

static int is_null(const lp_db_rows *rows, int column) {
    return PQgetisnull(rows->handle, 0, column);
}

static uint64_t bits_of(const lp_db_rows *rows, int column) {
    const unsigned char *const at = (const unsigned char *)PQgetvalue(rows->handle, 0, column);
    uint64_t bits = 0;
    for (int i = 0; i < PQgetlength(rows->handle, 0, column) && i < 8; i++)
        bits = bits << 8 | at[i];
    return bits;
}

static int64_t postgres_get_integer(lp_db_rows *rows, int column) {
    const uint64_t bits = bits_of(rows, column);
    if (is_null(rows, column))
        return 0;
    switch (PQftype(rows->handle, column)) {
    case INT2:
        return (int16_t)bits;
    case INT4:
        return (int32_t)bits;
    case FLOAT8: {
        double real;
        memcpy(&real, &bits, sizeof real);
        return (int64_t)real;
    }
    default:
        return (int64_t)bits;
    }
}

static double postgres_get_real(lp_db_rows *rows, int column) {
    const uint64_t bits = bits_of(rows, column);
    double real;
    if (is_null(rows, column))
        return NAN;
    if (PQftype(rows->handle, column) != FLOAT8)
        return (double)postgres_get_integer(rows, column);
    memcpy(&real, &bits, sizeof real);
    return real;
}

static const char *postgres_get_text(lp_db_rows *rows, int column) {
    return is_null(rows, column) ? NULL : PQgetvalue(rows->handle, 0, column); /* zero-terminated by libpq */
}

static const void *postgres_get_blob(lp_db_rows *rows, int column, size_t *size) {
    *size = (size_t)PQgetlength(rows->handle, 0, column);
    return is_null(rows, column) ? NULL : PQgetvalue(rows->handle, 0, column);
}

static lightpose_status postgres_now(lp_db *db, double *now, lightpose_error *error) {
    lp_db_rows *rows;
    LP_TRY(lp_db_select(db, &rows, "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)",
                        LP_DB_NO_VALUES, error));
    const int got = lp_db_next(rows, error);
    if (got > 0)
        *now = lp_db_get_real(rows, 0);
    lp_db_rows_close(&rows);
    return got > 0 ? LIGHTPOSE_OK : LIGHTPOSE_ERROR_FILE;
}

const lp_db_driver *lp_db_postgres(void) {
    static const lp_db_driver driver = {
        .blob_type = "BYTEA",
        .skip_locked = " FOR UPDATE SKIP LOCKED",
        .begin = "BEGIN",
        .open = postgres_open,
        .close = postgres_close,
        .select = postgres_select,
        .next = postgres_next,
        .changed = postgres_changed,
        .end = postgres_end,
        .get_integer = postgres_get_integer,
        .get_real = postgres_get_real,
        .get_text = postgres_get_text,
        .get_blob = postgres_get_blob,
        .now = postgres_now,
    };
    return &driver;
}

#else

const lp_db_driver *lp_db_postgres(void) {
    return NULL;
}

#endif
