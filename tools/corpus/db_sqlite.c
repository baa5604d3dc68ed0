/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/db_inside.h"

#if LP_HAVE_SQLITE

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

/* How long a transaction waits for others; lp_db_transact then tries again. */
enum { BUSY_MS = 5000 };

static lightpose_status fail(lp_db *db, int code, lightpose_error *error) {
    sqlite3 *const handle = db->handle;
    const char *const text = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    const int full = (code & 0xff) == SQLITE_IOERR && handle && sqlite3_system_errno(handle) == ENOSPC;
    switch (full ? SQLITE_FULL : code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        db->failure = LP_DB_BUSY;
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: locked by another program", db->name);
    case SQLITE_FULL:
        db->failure = LP_DB_FULL;
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: the disk is full", db->name);
    case SQLITE_NOMEM:
        db->failure = LP_DB_OTHER;
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory", db->name);
    case SQLITE_NOTADB:
        db->failure = LP_DB_OTHER;
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: not an SQLite database", db->name);
    default:
        db->failure = strstr(text, "no such") ? LP_DB_ABSENT : LP_DB_OTHER;
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", db->name, text);
    }
}

/* SQLite's locks do not work on file systems that several machines share. */
static void warn_of_network(lp_db *db) {
    static const struct {
        unsigned long type;
        const char *name;
    } kinds[] = {{0x6969, "NFS"},        {0xff534d42, "CIFS"}, {0xfe534d42, "SMB"},    {0x517b, "SMB"},
                 {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"}, {0x19830326, "BeeGFS"}, {0x00c36400, "Ceph"},
                 {0x5346414f, "AFS"},    {0x01021997, "9P"},   {0x65735546, "FUSE"}};
    struct statfs about;
    if (statfs(db->address, &about) != 0)
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (((unsigned long)about.f_type & 0xffffffff) == kinds[i].type)
            lp_db_tell(db,
                       "warning: %s lies on a network file system (%s), where SQLite's locks may fail: use it from one "
                       "machine only, or use PostgreSQL",
                       db->name, kinds[i].name);
}

static void sqlite_close(lp_db *db) {
    sqlite3_close_v2(db->handle);
    db->handle = NULL;
}

static lightpose_status set_up(lp_db *db, lightpose_error *error) {
    /* synchronous = NORMAL: a power failure may lose the last transactions completely; they are computed again. */
    static const char *const words = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON";
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    sqlite3_extended_result_codes(db->handle, 1);
    const int code = sqlite3_exec(db->handle, words, NULL, NULL, NULL);
    return code == SQLITE_OK ? LIGHTPOSE_OK : fail(db, code, error);
}

static lightpose_status sqlite_open(lp_db *db, lightpose_error *error) {
    struct stat about;
    sqlite3 *handle = NULL;
    db->failure = LP_DB_OTHER;
    const int there = stat(db->address, &about) == 0;
    if (!there && (errno != ENOENT || !db->options.create))
        return lp_fail(error, LIGHTPOSE_ERROR_FILE,
                       errno == ENOENT ? "%s: there is no such corpus; make it with `lightpose corpus init`" : "%s: %s",
                       db->name, strerror(errno));
    if (there && !S_ISREG(about.st_mode))
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: not a file", db->name);
    const int flags = SQLITE_OPEN_READWRITE | (db->options.create ? SQLITE_OPEN_CREATE : 0);
    const int code = sqlite3_open_v2(db->address, &handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    db->handle = handle;
    lightpose_status status = code == SQLITE_OK ? set_up(db, error) : fail(db, code, error);
    if (status == LIGHTPOSE_OK && !db->opened)
        warn_of_network(db);
    if (status != LIGHTPOSE_OK)
        sqlite_close(db);
    return status;
}

static int bind(sqlite3_stmt *statement, int at, const lp_db_value *value) {
    switch (value->kind) {
    case LP_DB_NULL:
        return sqlite3_bind_null(statement, at);
    case LP_DB_INTEGER:
        return sqlite3_bind_int64(statement, at, value->integer);
    case LP_DB_REAL:
        return sqlite3_bind_double(statement, at, value->real);
    case LP_DB_TEXT:
        return sqlite3_bind_text64(statement, at, value->bytes, value->size, SQLITE_STATIC, SQLITE_UTF8);
    case LP_DB_BLOB:
        return value->size ? sqlite3_bind_blob64(statement, at, value->bytes, value->size, SQLITE_STATIC)
                           : sqlite3_bind_zeroblob(statement, at, 0);
    }
    return SQLITE_MISUSE;
}

/* SQLite uses the bound texts until its first step, and the caller's may not live until sqlite_next. So the select
 * function makes the first step itself, and the first sqlite_next returns its result. */
enum { STATE_FIRST, STATE_ROWS, STATE_END };

static lightpose_status sqlite_select(lp_db *db, lp_db_rows *rows, const char *sql, const lp_db_value *values,
                                      int count, lightpose_error *error) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    rows->handle = statement;
    for (int i = 0; i < count && code == SQLITE_OK; i++) {
        char name[16];
        snprintf(name, sizeof name, "$%d", i + 1); /* for SQLite "$1" is a name; it numbers names as they appear */
        const int at = sqlite3_bind_parameter_index(statement, name);
        if (at > 0)
            code = bind(statement, at, &values[i]);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        rows->state = code == SQLITE_ROW ? STATE_FIRST : STATE_END;
        rows->row = code == SQLITE_DONE ? sqlite3_changes(db->handle) : 0;
    }
    return code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE ? LIGHTPOSE_OK : fail(db, code, error);
}

static int sqlite_next(lp_db_rows *rows, lightpose_error *error) {
    if (rows->state != STATE_ROWS)
        return rows->state == STATE_FIRST ? (rows->state = STATE_ROWS, 1) : 0;
    const int code = sqlite3_step(rows->handle);
    if (code == SQLITE_ROW)
        return 1;
    rows->state = STATE_END;
    if (code == SQLITE_DONE)
        return rows->row = sqlite3_changes(rows->db->handle), 0;
    (void)fail(rows->db, code, error);
    return -1;
}

static int64_t sqlite_changed(const lp_db_rows *rows) {
    return rows->row;
}

static void sqlite_end(lp_db_rows *rows) {
    sqlite3_finalize(rows->handle);
}

static int64_t sqlite_get_integer(lp_db_rows *rows, int column) {
    return sqlite3_column_int64(rows->handle, column);
}

static double sqlite_get_real(lp_db_rows *rows, int column) {
    return sqlite3_column_type(rows->handle, column) == SQLITE_NULL ? NAN : sqlite3_column_double(rows->handle, column);
}

static const char *sqlite_get_text(lp_db_rows *rows, int column) {
    return (const char *)sqlite3_column_text(rows->handle, column);
}

static const void *sqlite_get_blob(lp_db_rows *rows, int column, size_t *size) {
    const void *const bytes = sqlite3_column_blob(rows->handle, column);
    *size = (size_t)sqlite3_column_bytes(rows->handle, column);
    return bytes;
}

static lightpose_status sqlite_now(lp_db *db, double *now, lightpose_error *error) {
    struct timespec time;
    (void)db;
    (void)error;
    clock_gettime(CLOCK_REALTIME, &time);
    *now = (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
    return LIGHTPOSE_OK;
}

const lp_db_driver *lp_db_sqlite(void) {
    static const lp_db_driver driver = {
        .blob_type = "BLOB",
        .skip_locked = "",
        .begin = "BEGIN IMMEDIATE", /* prevents deadlocks of transactions that read first and then write */
        .open = sqlite_open,
        .close = sqlite_close,
        .select = sqlite_select,
        .next = sqlite_next,
        .changed = sqlite_changed,
        .end = sqlite_end,
        .get_integer = sqlite_get_integer,
        .get_real = sqlite_get_real,
        .get_text = sqlite_get_text,
        .get_blob = sqlite_get_blob,
        .now = sqlite_now,
    };
    return &driver;
}

#else

const lp_db_driver *lp_db_sqlite(void) {
    return NULL;
}

#endif
