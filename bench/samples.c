/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "samples.h"

#include <stdlib.h>

int samples_add(samples *list, double value) {
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? list->capacity * 2 : 256;
        double *const values = realloc(list->values, capacity * sizeof *values);
        if (!values)
            return -1;
        list->values = values;
        list->capacity = capacity;
    }
    list->values[list->count++] = value;
    return 0;
}

void samples_free(samples *list) {
    free(list->values);
    *list = (samples){0};
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double samples_quantile(samples *list, double share) {
    if (!list->count)
        return 0;
    qsort(list->values, list->count, sizeof *list->values, ascending);
    const size_t index = (size_t)(share * (double)list->count);
    return list->values[index < list->count ? index : list->count - 1];
}

double samples_median(samples *list) {
    return samples_quantile(list, 0.5);
}

json_t *samples_json(samples *list) {
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:I}", "median_ms", samples_median(list), "q1_ms",
                     samples_quantile(list, 0.25), "q3_ms", samples_quantile(list, 0.75), "p95_ms",
                     samples_quantile(list, 0.95), "p99_ms", samples_quantile(list, 0.99), "min_ms",
                     samples_quantile(list, 0), "runs", (json_int_t)list->count);
}
