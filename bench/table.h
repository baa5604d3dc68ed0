/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A text table whose columns are as wide as their widest cell. */

#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdio.h>

enum { TABLE_COLUMNS = 12, TABLE_CELL = 96 };

typedef struct table {
    char (*cells)[TABLE_CELL]; /* row after row, TABLE_COLUMNS each */
    int rows, columns;         /* columns in use; columns of the last row */
    int left;                  /* number of columns, from the first, that are aligned left; the others right */
    int at;                    /* cells set in the last row */
} table;

/* Begins a row. Cells that are never set stay empty. If memory for a row is exhausted, its cells are dropped. */
void table_row(table *t);
__attribute__((format(printf, 2, 3))) void table_cell(table *t, const char *format, ...);

/* Prints every row, indented by four spaces, and empties the table. */
void table_print(FILE *to, table *t);

#endif
