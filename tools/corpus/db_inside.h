/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Shared by db.c and the two drivers. */

#ifndef LP_TOOLS_CORPUS_DB_INSIDE_H
#define LP_TOOLS_CORPUS_DB_INSIDE_H

#include "corpus/db.h"
#include "fail.h"

typedef struct lp_db_driver {
    const char *blob_type, *skip_locked, *begin;
    lightpose_status (*open)(lp_db *db, lightpose_error *error); /* called again after a connection was lost */
    void (*close)(lp_db *db);
    lightpose_status (*select)(lp_db *db, lp_db_rows *rows, const char *sql, const lp_db_value *values, int count,
                               lightpose_error *error);
    int (*next)(lp_db_rows *rows, lightpose_error *error);
    int64_t (*changed)(const lp_db_rows *rows); /* after the last row */
    void (*end)(lp_db_rows *rows);
    int64_t (*get_integer)(lp_db_rows *rows, int column);
    double (*get_real)(lp_db_rows *rows, int column);
    const char *(*get_text)(lp_db_rows *rows, int column);
    const void *(*get_blob)(lp_db_rows *rows, int column, size_t *size);
    lightpose_status (*now)(lp_db *db, double *now, lightpose_error *error);
} lp_db_driver;

struct lp_db {
    const lp_db_driver *driver;
    lp_db_options options;
    lp_db_failure failure;
    int opened;    /* it was open at least once */
    char *address; /* with its secrets */
    char *name;
    void *handle; /* the driver's; NULL: not connected */
};

struct lp_db_rows {
    lp_db *db;
    void *handle; /* the driver's, like row and state */
    int row, state;
};

/* NULL if the command was built without it. */
const lp_db_driver *lp_db_sqlite(void);
const lp_db_driver *lp_db_postgres(void);

__attribute__((format(printf, 2, 3))) void lp_db_tell(const lp_db *db, const char *format, ...);

#endif
