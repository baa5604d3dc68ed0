/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/order.h"

#include "decode/sort.h"

static int ranked_before(const lp_ranked *a, const lp_ranked *b) {
    return a->rank != b->rank ? a->rank > b->rank : a->index < b->index;
}

LP_DEFINE_SORT(sort_ranked, lp_ranked, ranked_before)

void lp_order(lp_ranked *persons, int count) {
    sort_ranked(persons, count);
}
