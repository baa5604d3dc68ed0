/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "table.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void table_row(table *t) {
    char(*const cells)[TABLE_CELL] = realloc(t->cells, (size_t)(t->rows + 1) * TABLE_COLUMNS * TABLE_CELL);

    t->at = cells ? 0 : TABLE_COLUMNS;
    if (!cells)
        return;
    memset(cells + (ptrdiff_t)t->rows * TABLE_COLUMNS, 0, (size_t)TABLE_COLUMNS * TABLE_CELL);
    t->cells = cells;
    t->rows++;
}

void table_cell(table *t, const char *format, ...) {
    va_list args;

    if (t->at >= TABLE_COLUMNS)
        return;
    va_start(args, format);
    vsnprintf(t->cells[(t->rows - 1) * TABLE_COLUMNS + t->at], TABLE_CELL, format, args);
    va_end(args);
    t->at++;
    t->columns = t->at > t->columns ? t->at : t->columns;
}

void table_print(FILE *to, table *t) {
    int width[TABLE_COLUMNS] = {0};

    for (int i = 0; i < t->rows * TABLE_COLUMNS; i++) {
        const int length = (int)strlen(t->cells[i]);
        int *const column = &width[i % TABLE_COLUMNS];
        *column = length > *column ? length : *column;
    }
    for (int row = 0; row < t->rows; row++) {
        char line[TABLE_COLUMNS * (TABLE_CELL + 2) + 8] = "  ";
        size_t used = 2;
        for (int i = 0; i < t->columns; i++)
            used += (size_t)snprintf(line + used, sizeof line - used, i < t->left ? "  %-*s" : "  %*s", width[i],
                                     t->cells[row * TABLE_COLUMNS + i]);
        while (used > 0 && line[used - 1] == ' ')
            line[--used] = '\0';
        fprintf(to, "%s\n", line);
    }
    free(t->cells);
    *t = (table){0};
}
