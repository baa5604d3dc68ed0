/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Figures as text for people, and as JSON for programs. */

#ifndef LP_TOOLS_EVAL_REPORT_H
#define LP_TOOLS_EVAL_REPORT_H

#include <stdio.h>

#include "eval/compare.h"
#include "eval/outcome.h"

/* COCO's ten figures, and what the network took where it ran. `details`: the breakdown as well. */
void lp_report_outcome(FILE *to, const lp_outcome *outcome, const lp_labels *labels, int details);

/* `a` and `b` are named above the table by lp_report_outcome. */
void lp_report_comparison(FILE *to, const lp_comparison *comparison);

/* One line for each outcome: AP, time. `comparisons` (count - 1 of them, of each with the first) may be NULL. */
void lp_report_table(FILE *to, const lp_outcome *outcomes, size_t count, const lp_comparison *comparisons);

/* All of it. Written whole or not at all; "-" is standard output. `comparisons` as above. */
lightpose_status lp_report_json(const char *path, const char *labels_path, const lp_labels *labels,
                                const lp_outcome *outcomes, size_t count, const lp_comparison *comparisons,
                                lightpose_error *error);

#endif
