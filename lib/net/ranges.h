/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The activation ranges of a weights file: JSON text in its metadata, one range per tensor of the network. */

#ifndef LP_NET_RANGES_H
#define LP_NET_RANGES_H

#include "base/status.h"
#include "net/weights.h" /* lp_range */

enum { LP_MAX_RANGES = 2 * LP_MAX_LAYERS };

typedef struct lp_range_table {
    int count; /* 0 if the file has none */
    struct {
        const char *tensor; /* static storage */
        lp_range range;
    } entries[LP_MAX_RANGES];
    float *values;
} lp_range_table;

/* Reads `text`, which must have one range of finite numbers, low below high, for every tensor that int8 needs. */
lightpose_status lp_ranges_read(lp_range_table *table, const char *text, const lp_layer *layers, int layer_count,
                                lightpose_error *error);
void lp_ranges_free(lp_range_table *table);

/* Returns 1, or 0 if there is none. */
int lp_ranges_find(const lp_range_table *table, const char *tensor, lp_range *range);

#endif
