/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Counts the values of one tensor over many images, by channel, and chooses its range for int8. */

#ifndef LP_NET_ACTIVATION_HISTOGRAM_H
#define LP_NET_ACTIVATION_HISTOGRAM_H

#include "base/status.h"
#include "net/plan.h" /* lp_tensor_view */

/* A histogram of magnitudes for each channel: int8 stores zero as a fixed byte, 0 or 128 (quantise.h), so the step
 * depends only on the greatest magnitude. Zeros are always exact and are not counted. Bins cover magnitudes up to a
 * power of two, the reach. When it grows, bins are merged in pairs, so the counts equal those of a second pass over all
 * values. */
typedef struct lp_histogram {
    int channels;
    float *low, *high; /* of each channel, including 0: exact */
    float *reach;      /* of each channel's bins; 0 before the first value */
    uint32_t *counts;  /* channels x LP_HISTOGRAM_BINS, saturating at UINT32_MAX */
    uint64_t cells;    /* values of each channel, including zeros */
} lp_histogram;

/* CUT_OFF: the weight of the errors of clamped values in MSE. */
enum { LP_HISTOGRAM_BINS = 1024, LP_HISTOGRAM_CUT_OFF = 16 };
#define LP_HISTOGRAM_MOST 1e9f /* larger magnitudes are not activations */

lightpose_status lp_histogram_create(lp_histogram *histogram, const char *tensor, int channels, lightpose_error *error);
void lp_histogram_free(lp_histogram *histogram);

/* Counts an F32 tensor. Returns 0 and counts nothing if a value is not finite or beyond LP_HISTOGRAM_MOST. */
int lp_histogram_add(lp_histogram *histogram, const lp_tensor_view *tensor);

typedef struct lp_range_rule {
    lightpose_calibration method; /* not DEFAULT */
    double share;                 /* PERCENTILE: percentage of the values inside the range */
    int steps;                    /* from 0 to the greatest magnitude: 255 or 127 */
    int per_channel;
} lp_range_rule;

/* Writes one range, or one for each channel, to low and high; each contains 0. A channel that was always 0 gets the
 * range of the whole tensor; a tensor that was always 0 gets 0 to 1. */
void lp_histogram_ranges(const lp_histogram *histogram, const lp_range_rule *rule, float *low, float *high);

#endif
