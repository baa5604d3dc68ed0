/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Durations of many runs, and what they come to. */

#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

typedef struct samples {
    double *values; /* milliseconds */
    size_t count, capacity;
} samples;

/* Returns -1 where memory is out. */
int samples_add(samples *list, double milliseconds);
void samples_free(samples *list);

/* The value that a share of the samples, 0 to 1, does not exceed; 0 of an empty list. Sorts the list. */
double samples_quantile(samples *list, double share);
double samples_median(samples *list);

/* {"median_ms", "p95_ms", "p99_ms", "min_ms", "runs"}. */
json_t *samples_json(samples *list);

#endif
