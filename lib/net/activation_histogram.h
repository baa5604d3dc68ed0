/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The values of one tensor over many images, channel by channel, and the range that int8 should give them. */

#ifndef LP_NET_ACTIVATION_HISTOGRAM_H
#define LP_NET_ACTIVATION_HISTOGRAM_H

#include "base/status.h"
#include "net/plan.h" /* lp_tensor_view */

/* A histogram of magnitudes for each channel: int8 stores zero as a fixed byte, 0 or 128
 * (quantise.h), so the greatest magnitude alone decides the step. Zeros are always exact and are not counted. Bins
 * cover magnitudes up to a power of two. It grows with the values; bins are then merged in pairs, so the counts are
 * those of a second pass over all values. */
typedef struct lp_histogram {
    int channels;
    float *low, *high; /* of each channel, 0 included: exact */
    float *reach;      /* of each channel's bins; 0 before the first value */
    uint32_t *counts;  /* channels x LP_HISTOGRAM_BINS, held at UINT32_MAX */
    uint64_t cells;    /* values of each channel, zeros included */
} lp_histogram;

/* CUT_OFF: the weight that MSE gives to the error of values beyond the range. */
enum { LP_HISTOGRAM_BINS = 1024, LP_HISTOGRAM_CUT_OFF = 16 };
#define LP_HISTOGRAM_MOST 1e9f /* magnitudes beyond are no activations */

lightpose_status lp_histogram_create(lp_histogram *histogram, const char *tensor, int channels, lightpose_error *error);
void lp_histogram_free(lp_histogram *histogram);

/* Counts a tensor of F32. Returns 0, and counts nothing, where a value is not finite or beyond LP_HISTOGRAM_MOST. */
int lp_histogram_add(lp_histogram *histogram, const lp_tensor_view *tensor);

typedef struct lp_range_rule {
    lightpose_calibration method; /* not DEFAULT */
    double share;                 /* PERCENTILE: of the values, in percent, that the range holds */
    int steps;                    /* from 0 to the greatest magnitude: 255 or 127 */
    int per_channel;
} lp_range_rule;

/* One range, or one for each channel, into low and high; 0 lies within each. What was never seen to differ from zero
 * takes the range of the whole tensor, or 0 to 1. */
void lp_histogram_ranges(const lp_histogram *histogram, const lp_range_rule *rule, float *low, float *high);

#endif
