/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A small interface to two databases: SQLite, a file, and PostgreSQL, a server.
 *
 *     lp_db_open(&db, "corpus.db" or "postgresql://...", ...)
 *     lp_db_transact(db, body, opaque, &error)
 *         body: lp_db_execute(db, &changed, "UPDATE t SET a = $1 WHERE id = $2", LP_DB_VALUES(...), &error)
 *               lp_db_select(db, &rows, "SELECT a, b FROM t", LP_DB_NO_VALUES, &error)
 *
 * Use only the subset of SQL that both understand. Columns are BIGINT, DOUBLE PRECISION, TEXT and the type that
 * lp_db_blob_type names. Only one thread at a time may use an lp_db. No message contains a password. */

#ifndef LP_TOOLS_CORPUS_DB_H
#define LP_TOOLS_CORPUS_DB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <lightpose/lightpose.h>

typedef struct lp_db lp_db;

typedef struct lp_db_options {
    int create;             /* SQLite: create the file if it does not exist; otherwise that is an error */
    int patience;           /* how many seconds to retry a lost connection or a locked database */
    const atomic_int *stop; /* not 0: retry for at most ten seconds; may be NULL */
    void (*tell)(void *opaque, const char *text); /* warnings, connections lost and restored; may be NULL */
    void *opaque;
} lp_db_options;

/* `address` is "postgresql://..." or "postgres://...", else a path. Errors: FILE (no such file, no database, no
 * connection, wrong password), UNSUPPORTED (built without it), MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_db_open(lp_db **db, const char *address, const lp_db_options *options,
                                                lightpose_error *error);
void lp_db_close(lp_db **db);

/* Whether an address is that of a server. */
int lp_db_is_server(const char *address);

/* The name for messages: the path, or the address without its secrets. */
const char *lp_db_name(const lp_db *db);

/* ---- Values ------------------------------------------------------------------------------------------------------ */

typedef enum lp_db_kind { LP_DB_NULL, LP_DB_INTEGER, LP_DB_REAL, LP_DB_TEXT, LP_DB_BLOB } lp_db_kind;

typedef struct lp_db_value {
    lp_db_kind kind;
    int64_t integer;
    double real;       /* NaN is stored as NULL */
    const void *bytes; /* of texts and blobs; must outlive the call */
    size_t size;
} lp_db_value;

lp_db_value lp_db_integer(int64_t value);
lp_db_value lp_db_real(double value);
lp_db_value lp_db_text(const char *text); /* a NULL pointer is stored as NULL */
lp_db_value lp_db_blob(const void *bytes, size_t size);

#define LP_DB_VALUES(...)                                                                                              \
    (const lp_db_value[]){__VA_ARGS__}, (int)(sizeof((const lp_db_value[]){__VA_ARGS__}) / sizeof(lp_db_value))
#define LP_DB_NO_VALUES NULL, 0

/* ---- Statements -------------------------------------------------------------------------------------------------- */

/* Runs one statement with parameters $1, $2, ... `changed` gets the number of rows inserted, updated or deleted; may be
 * NULL. */
LIGHTPOSE_NODISCARD lightpose_status lp_db_execute(lp_db *db, int64_t *changed, const char *sql,
                                                   const lp_db_value *values, int count, lightpose_error *error);

/* Reads rows one after another, in bounded memory. Close them before the next statement. */
typedef struct lp_db_rows lp_db_rows;
LIGHTPOSE_NODISCARD lightpose_status lp_db_select(lp_db *db, lp_db_rows **rows, const char *sql,
                                                  const lp_db_value *values, int count, lightpose_error *error);

/* Returns 1 with a row, 0 after the last one, -1 on an error. */
int lp_db_next(lp_db_rows *rows, lightpose_error *error);
void lp_db_rows_close(lp_db_rows **rows); /* *rows may be NULL */

/* Values of the current row; columns count from 0. NULL reads as 0, NaN or NULL. Texts and blobs are valid until the
 * next row. */
int64_t lp_db_get_integer(lp_db_rows *rows, int column);
double lp_db_get_real(lp_db_rows *rows, int column);
const char *lp_db_get_text(lp_db_rows *rows, int column);
const void *lp_db_get_blob(lp_db_rows *rows, int column, size_t *size);

/* Reads the integer in the first column of the first row; *found is 0 if there is no row. `found` may be NULL. */
LIGHTPOSE_NODISCARD lightpose_status lp_db_select_integer(lp_db *db, int64_t *value, int *found, const char *sql,
                                                          const lp_db_value *values, int count, lightpose_error *error);

/* ---- Transactions ------------------------------------------------------------------------------------------------ */

/* Runs `body` in a transaction. It is run again from its beginning after a lost connection, a locked database or a
 * conflict with another transaction. The connection may be lost after the database has committed: a body must detect
 * that its changes are already there, and then change nothing. A body that fails is rolled back. */
LIGHTPOSE_NODISCARD lightpose_status lp_db_transact(lp_db *db,
                                                    lightpose_status (*body)(lp_db *db, void *opaque,
                                                                             lightpose_error *error),
                                                    void *opaque, lightpose_error *error);

/* Why the last statement failed. */
typedef enum lp_db_failure {
    LP_DB_FINE = 0,
    LP_DB_LOST,   /* the connection */
    LP_DB_BUSY,   /* locked, or a conflict with another transaction */
    LP_DB_FULL,   /* no room on its disk */
    LP_DB_ABSENT, /* a table or column does not exist */
    LP_DB_OTHER
} lp_db_failure;
lp_db_failure lp_db_last_failure(const lp_db *db);

/* ---- Differences between the two --------------------------------------------------------------------------------- */

/* The database's time in seconds since 1970: the server's clock, or this machine's for SQLite. */
LIGHTPOSE_NODISCARD lightpose_status lp_db_now(lp_db *db, double *now, lightpose_error *error);

const char *lp_db_blob_type(const lp_db *db);
const char *lp_db_skip_locked(const lp_db *db); /* the end of a SELECT of rows to be updated */

#endif
