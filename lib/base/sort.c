/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/sort.h"

static int ranked_before(const lp_ranked *a, const lp_ranked *b) {
    return a->rank != b->rank ? a->rank > b->rank : a->index < b->index;
}

LP_DEFINE_SORT(sort_ranked, lp_ranked, ranked_before)

void lp_sort_ranked(lp_ranked *items, int count) {
    sort_ranked(items, count);
}

static int is_smaller(const double *a, const double *b) {
    return *a < *b;
}

LP_DEFINE_SORT(sort_doubles, double, is_smaller)

double lp_median(double *values, int count) {
    sort_doubles(values, count);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}
