/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The Hungarian method by shortest augmenting paths (Jonker and Volgenant 1987), on costs = -gain.
 *
 * Every row of the shorter side is brought in by one shortest path: from the row, over columns, to a column that is
 * still free. Potentials u (rows) and v (columns) keep all reduced costs c - u - v at or above 0, so the path search is
 * Dijkstra's; afterwards the matches along the path change over, and the matching so far is optimal.
 *
 * All rows of the shorter side get a column. That is no restriction: a forbidden pair gains 0, as much as no pair, and
 * is taken out at the end. Ties go to the smallest column. */

#include "pose/assign.h"

#include <math.h>

size_t lp_assign_scratch(int rows, int cols) {
    const size_t most = (size_t)(rows > cols ? rows : cols) + 1;
    return most * (3 * sizeof(double) + 4 * sizeof(int));
}

typedef struct problem {
    const double *gain;
    size_t row_step, col_step;
    int rows, cols;       /* rows <= cols */
    double *u, *v;        /* potentials; rows and columns count from 1, 0 is the path's start */
    double *reach;        /* cost of the shortest path to a column, less potentials */
    int *row_of, *before; /* the row matched to a column, 0 for none; the column before it on the path */
    int *done;
} problem;

/* The shortest path from `row` to a free column; returns that column. */
static int search(problem *p, int row) {
    int column = 0;

    p->row_of[0] = row;
    for (int j = 0; j <= p->cols; j++) {
        p->reach[j] = INFINITY;
        p->done[j] = 0;
    }
    do {
        const int i = p->row_of[column];
        const double *const gains = p->gain + (size_t)(i - 1) * p->row_step;
        double least = INFINITY;
        int next = 0;

        p->done[column] = 1;
        for (int j = 1; j <= p->cols; j++) {
            if (p->done[j])
                continue;
            const double reduced = -gains[(size_t)(j - 1) * p->col_step] - p->u[i] - p->v[j];
            if (reduced < p->reach[j]) {
                p->reach[j] = reduced;
                p->before[j] = column;
            }
            if (p->reach[j] < least) {
                least = p->reach[j];
                next = j;
            }
        }
        for (int j = 0; j <= p->cols; j++) {
            if (p->done[j]) {
                p->u[p->row_of[j]] += least;
                p->v[j] -= least;
            } else {
                p->reach[j] -= least;
            }
        }
        column = next;
    } while (p->row_of[column] != 0);
    return column;
}

/* Every row gets the column that suits it best, if no row before took it. That is optimal as far as it goes: with u the
 * row's least cost and v 0, reduced costs are at or above 0, and 0 for these pairs. Where few compete it is all. Rows
 * without any gain wait, so as not to stand in the others' way. */
static void start(problem *p, int *waiting) {
    for (int i = 1; i <= p->rows; i++) {
        const double *const gains = p->gain + (size_t)(i - 1) * p->row_step;
        int best = 1;
        for (int j = 2; j <= p->cols; j++) {
            if (gains[(size_t)(j - 1) * p->col_step] > gains[(size_t)(best - 1) * p->col_step])
                best = j;
        }
        p->u[i] = -gains[(size_t)(best - 1) * p->col_step];
        waiting[i] = p->u[i] == 0 || p->row_of[best] != 0;
        if (!waiting[i])
            p->row_of[best] = i;
    }
}

void lp_assign(const double *gain, int rows, int cols, int *match, void *scratch) {
    const int turned = rows > cols;
    const size_t most = (size_t)(turned ? rows : cols) + 1;
    double *const doubles = scratch;
    int *const ints = (int *)(doubles + 3 * most);
    int *const waiting = ints + 3 * most;
    problem p = {.gain = gain,
                 .row_step = turned ? 1 : (size_t)cols,
                 .col_step = turned ? (size_t)cols : 1,
                 .rows = turned ? cols : rows,
                 .cols = turned ? rows : cols,
                 .u = doubles,
                 .v = doubles + most,
                 .reach = doubles + 2 * most,
                 .row_of = ints,
                 .before = ints + most,
                 .done = ints + 2 * most};

    for (size_t i = 0; i < most; i++) {
        p.u[i] = p.v[i] = 0;
        p.row_of[i] = p.before[i] = 0;
    }
    start(&p, waiting);
    for (int i = 1; i <= p.rows; i++) {
        for (int j = waiting[i] ? search(&p, i) : 0; j != 0; j = p.before[j])
            p.row_of[j] = p.row_of[p.before[j]];
    }

    for (int i = 0; i < rows; i++)
        match[i] = -1;
    for (int j = 1; j <= p.cols; j++) {
        const int i = p.row_of[j];
        if (i == 0 || !(gain[(size_t)(i - 1) * p.row_step + (size_t)(j - 1) * p.col_step] > 0))
            continue;
        if (turned)
            match[j - 1] = i - 1;
        else
            match[i - 1] = j - 1;
    }
}
