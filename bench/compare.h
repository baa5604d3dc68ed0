/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Compares two JSON reports, figure by figure. A comparison is itself JSON, described in README.md:
 *   {"machine_differs": "CPU", "figures": [{"input", "precision", "height", "kind", "figure", "unit", "old", "new",
 *    "change", "within_spread"}], "unmatched": ["text"]}
 * "change" is the speed of the new report over that of the old one, less 1: 0.05 is 5 % faster, whatever the unit. */

#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <stdio.h>

#include <jansson.h>

/* NULL if `report` has the structure of a report, otherwise what is wrong with it. */
const char *compare_check(const json_t *report);

json_t *compare_reports(const json_t *old, const json_t *new_);

/* Merges the comparisons of several rounds, an array, into one: "change" becomes the median of the rounds, with
 * quartiles "change_q1" and "change_q3"; a figure is within the spread when 0 lies between them. */
json_t *compare_rounds(const json_t *comparisons);

/* The number of figures that became slower by more than `percent` and are not within the spread. Stages are not
 * counted: the shorter ones vary by more than any useful threshold. */
int compare_slower(const json_t *comparison, double percent);

/* `percent` below 0: no threshold. `stages`: also prints the stages of a frame. */
void compare_print(FILE *to, const json_t *comparison, double percent, int stages);

#endif
