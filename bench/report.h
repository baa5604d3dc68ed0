/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The report as a person reads it, and against an earlier one. */

#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include <jansson.h>

void report_print(FILE *to, const json_t *report, int layers);

/* Medians of `report` over those of `earlier`, measurement by measurement. */
void report_compare(FILE *to, const json_t *report, const json_t *earlier);

#endif
