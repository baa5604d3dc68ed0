/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* An order of persons by a number, the higher first; equal ones keep theirs. */

#ifndef LP_DECODE_ORDER_H
#define LP_DECODE_ORDER_H

typedef struct lp_ranked {
    double rank;
    int index;
} lp_ranked;

void lp_order(lp_ranked *persons, int count);

#endif
