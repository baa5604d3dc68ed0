/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* How the values of one tensor are spread over many images, channel by channel, and the range that int8 should give
 * them. */

#ifndef LP_NET_SPREAD_H
#define LP_NET_SPREAD_H

#include "base/status.h"
#include "net/plan.h" /* lp_tensor_view */

/* A histogram of magnitudes for each channel: both codes of int8 (quantise.h) put zero at a fixed byte, so that the
 * greatest magnitude alone decides the step. Zeros are exact in every code and are not counted. Magnitudes reach to a
 * power of two that grows with the values; bins are merged in pairs then, so the histogram is that of a second look. */
typedef struct lp_spread {
    int channels;
    float *low, *high; /* of each channel, 0 included: exact */
    float *reach;      /* of each channel's bins; 0 before the first value */
    uint32_t *counts;  /* channels x LP_SPREAD_BINS, held at UINT32_MAX */
    uint64_t cells;    /* values of each channel, zeros included */
} lp_spread;

/* CUT_OFF: MSE counts so many times what it cuts off. */
enum { LP_SPREAD_BINS = 1024, LP_SPREAD_CUT_OFF = 16 };
#define LP_SPREAD_MOST 1e9f /* magnitudes beyond are no activations */

lightpose_status lp_spread_create(lp_spread *spread, const char *tensor, int channels, lightpose_error *error);
void lp_spread_free(lp_spread *spread);

/* Counts a tensor of F32. Returns 0, and counts nothing, where a value is not finite or beyond LP_SPREAD_MOST. */
int lp_spread_add(lp_spread *spread, const lp_tensor_view *tensor);

typedef struct lp_spread_rule {
    lightpose_calibration method; /* not DEFAULT */
    double share;                 /* PERCENTILE: of the values, in percent, that the range holds */
    int steps;                    /* from 0 to the greatest magnitude: 255 or 127 */
    int per_channel;
} lp_spread_rule;

/* One range, or one for each channel, into low and high; 0 lies within each. What was never seen to differ from zero
 * takes the range of the whole tensor, or 0 to 1. */
void lp_spread_ranges(const lp_spread *spread, const lp_spread_rule *rule, float *low, float *high);

#endif
