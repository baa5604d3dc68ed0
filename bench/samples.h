/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A growing list of measured values and its quantiles. */

#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stddef.h>

#include <jansson.h>

typedef struct samples {
    double *values;
    size_t count, capacity;
} samples;

/* Returns -1 if memory is exhausted; the list is then unchanged. */
int samples_add(samples *list, double value);
void samples_free(samples *list);

/* The value at `share` (0 to 1) of the sorted list: 0 is the minimum, 0.5 the median, 1 the maximum. 0 for an empty
 * list. Sorts the list. */
double samples_quantile(samples *list, double share);
double samples_median(samples *list);

/* Milliseconds: {"median_ms", "q1_ms", "q3_ms", "p95_ms", "p99_ms", "min_ms", "runs"}. */
json_t *samples_json(samples *list);

#endif
