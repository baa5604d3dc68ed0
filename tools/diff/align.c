/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Pairs the frames of A and B, and their people. */

#include "diff/compare.h"

#include "output/file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

typedef struct entry {
    const lp_diff_frame *frame;
    ptrdiff_t index;
} entry;

static int by_name(const void *x, const void *y) {
    return strcmp(((const entry *)x)->frame->name, ((const entry *)y)->frame->name);
}

static int by_number(const void *x, const void *y) {
    const int64_t a = ((const entry *)x)->frame->number, b = ((const entry *)y)->frame->number;
    return (a > b) - (a < b);
}

static int all_named(const lp_diff_results *results) {
    for (size_t i = 0; i < results->frame_count; i++)
        if (!results->frames[i].name)
            return 0;
    return 1;
}

static void sort(entry *entries, size_t count, int (*order)(const void *, const void *)) {
    if (count > 0)
        qsort(entries, count, sizeof *entries, order);
}

static entry *list(const lp_diff_results *results) {
    entry *const entries = calloc(results->frame_count + 1, sizeof *entries);
    for (size_t i = 0; entries && i < results->frame_count; i++)
        entries[i] = (entry){&results->frames[i], (ptrdiff_t)i};
    return entries;
}

/* Fails if two of the entries, sorted by `order`, are equal, or if one has no number to sort by. */
static lightpose_status check_unique(const lp_diff_results *results, const entry *entries,
                                     int (*order)(const void *, const void *), lightpose_error *error) {
    for (size_t i = 0; i < results->frame_count; i++) {
        const lp_diff_frame *const frame = entries[i].frame;
        const char *const name = frame->name ? frame->name : "";
        if (order == by_number && frame->number < 0)
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                           "\"%s\": frame \"%s\" has no number to find it by in the other file", results->path, name);
        if (i > 0 && order(&entries[i - 1], &entries[i]) == 0)
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                           "\"%s\": two frames cannot be told apart: \"%s\" and \"%s\", number %" PRId64, results->path,
                           entries[i - 1].frame->name ? entries[i - 1].frame->name : "", name, frame->number);
    }
    return LIGHTPOSE_OK;
}

/* Merges two sorted lists. Returns the number of rows. */
static size_t merge(const entry *a, size_t count_a, const entry *b, size_t count_b,
                    int (*order)(const void *, const void *), lp_diff_row *rows) {
    size_t i = 0, j = 0, count = 0;
    while (i < count_a || j < count_b) {
        const int which = i == count_a ? 1 : j == count_b ? -1 : order(&a[i], &b[j]);
        rows[count++] = (lp_diff_row){which <= 0 ? a[i].index : -1, which >= 0 ? b[j].index : -1};
        i += which <= 0;
        j += which >= 0;
    }
    return count;
}

static int any_common(const lp_diff_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (rows[i].a >= 0 && rows[i].b >= 0)
            return 1;
    return 0;
}

static lightpose_status align(const lp_diff_results *a, entry *list_a, const lp_diff_results *b, entry *list_b,
                              lp_diff_row *rows, size_t *count, lightpose_error *error) {
    int (*order)(const void *, const void *) = all_named(a) && all_named(b) ? by_name : by_number;

    for (;; order = by_number) {
        sort(list_a, a->frame_count, order);
        sort(list_b, b->frame_count, order);
        *count = merge(list_a, a->frame_count, list_b, b->frame_count, order, rows);
        if (order == by_number || *count == 0 || any_common(rows, *count))
            break;
    }
    const lightpose_status status = check_unique(a, list_a, order, error);
    return status == LIGHTPOSE_OK ? check_unique(b, list_b, order, error) : status;
}

lightpose_status lp_diff_align(const lp_diff_results *a, const lp_diff_results *b, lp_diff_row **rows, size_t *count,
                               lightpose_error *error) {
    entry *const list_a = list(a), *const list_b = list(b);
    lightpose_status status = LIGHTPOSE_OK;

    *count = 0;
    *rows = calloc(a->frame_count + b->frame_count + 1, sizeof **rows);
    if (!list_a || !list_b || !*rows) {
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to compare \"%s\" and \"%s\"", a->path, b->path);
    } else if (a->lone && b->lone) {
        (*rows)[0] = (lp_diff_row){0, 0};
        *count = 1;
    } else {
        status = align(a, list_a, b, list_b, *rows, count, error);
    }
    free(list_a);
    free(list_b);
    return status;
}

/* ---- People ------------------------------------------------------------------------------------------------------ */

static double area(const lp_diff_person *person) {
    double left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        if (person->present >> k & 1) {
            left = fmin(left, person->x[k]);
            right = fmax(right, person->x[k]);
            top = fmin(top, person->y[k]);
            bottom = fmax(bottom, person->y[k]);
        }
    const double width = fmax(right - left, 0), height = fmax(bottom - top, 0), longer = fmax(width, height);
    return fmax(width * height, fmax(longer * longer / 8, 1)); /* a person seen from the side has a narrow box */
}

double lp_diff_similarity(const lp_diff_person *a, const lp_diff_person *b, unsigned compared) {
    static const double sigma[LIGHTPOSE_KEYPOINTS] = {.026, .079, .079, .072, .062, .079, .072, .062, .107,
                                                      .087, .089, .107, .087, .089, .025, .025, .035, .035};
    const unsigned either = (a->present | b->present) & compared, both = a->present & b->present & compared;
    const double larger = fmax(area(a), area(b));
    double sum = 0;

    if (!both)
        return 0;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        if (both >> k & 1) {
            const double x = (double)a->x[k] - b->x[k], y = (double)a->y[k] - b->y[k], k2 = 2 * sigma[k];
            sum += exp(-(x * x + y * y) / (2 * larger * k2 * k2));
        }
    return sum / __builtin_popcount(either);
}

static int most_similar(const void *x, const void *y) {
    const lp_diff_pair *const p = x, *const q = y;
    if (p->similarity != q->similarity)
        return p->similarity > q->similarity ? -1 : 1;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

int lp_diff_match(const lp_diff_person *a, size_t count_a, const lp_diff_person *b, size_t count_b, unsigned compared,
                  lp_diff_pair *pairs) {
    size_t candidates = 0;
    int count = 0;

    if (count_a == 0 || count_b == 0)
        return 0;
    lp_diff_pair *const all = reallocarray(NULL, count_a * count_b, sizeof *all);
    unsigned char *const taken = calloc(count_a + count_b, 1);
    for (size_t i = 0; all && taken && i < count_a; i++)
        for (size_t j = 0; j < count_b; j++) {
            const double similarity = lp_diff_similarity(&a[i], &b[j], compared);
            if (similarity >= LP_DIFF_SIMILAR)
                all[candidates++] = (lp_diff_pair){i, j, similarity};
        }
    if (candidates > 0)
        qsort(all, candidates, sizeof *all, most_similar);
    for (size_t i = 0; i < candidates; i++)
        if (!taken[all[i].a] && !taken[count_a + all[i].b]) {
            taken[all[i].a] = taken[count_a + all[i].b] = 1;
            pairs[count++] = all[i];
        }
    if (!all || !taken)
        count = -1;
    free(all);
    free(taken);
    return count;
}
