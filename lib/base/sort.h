/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Sorting in place, without allocation: insertion sort for short lists, heap sort for long ones. `before(a, b)` is
 * whether *a must come before *b. If it orders all elements, the result is unique. */

#ifndef LP_BASE_SORT_H
#define LP_BASE_SORT_H

#define LP_DEFINE_SORT(name, type, before)                                                                             \
    static void name##_sift(type *items, int root, int count) {                                                        \
        const type item = items[root];                                                                                 \
        for (int child; (child = 2 * root + 1) < count; root = child) {                                                \
            if (child + 1 < count && before(&items[child], &items[child + 1]))                                         \
                child++;                                                                                               \
            if (!before(&item, &items[child]))                                                                         \
                break;                                                                                                 \
            items[root] = items[child];                                                                                \
        }                                                                                                              \
        items[root] = item;                                                                                            \
    }                                                                                                                  \
                                                                                                                       \
    static void name(type *items, int count) {                                                                         \
        if (count <= 64) {                                                                                             \
            for (int i = 1; i < count; i++) {                                                                          \
                const type item = items[i];                                                                            \
                int j = i;                                                                                             \
                for (; j > 0 && before(&item, &items[j - 1]); j--)                                                     \
                    items[j] = items[j - 1];                                                                           \
                items[j] = item;                                                                                       \
            }                                                                                                          \
            return;                                                                                                    \
        }                                                                                                              \
        for (int i = count / 2 - 1; i >= 0; i--)                                                                       \
            name##_sift(items, i, count);                                                                              \
        for (int i = count - 1; i > 0; i--) {                                                                          \
            const type last = items[i];                                                                                \
            items[i] = items[0];                                                                                       \
            items[0] = last;                                                                                           \
            name##_sift(items, 0, i);                                                                                  \
        }                                                                                                              \
    }

/* Orders by rank, the higher first; equal ranks by index. */
typedef struct lp_ranked {
    double rank;
    int index;
} lp_ranked;

void lp_sort_ranked(lp_ranked *items, int count);

/* The median of one or more values. Sorts them. */
double lp_median(double *values, int count);

#endif
