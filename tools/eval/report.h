/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reports of an evaluation: as text, and as JSON for programs. */

#ifndef LP_TOOLS_EVAL_REPORT_H
#define LP_TOOLS_EVAL_REPORT_H

#include <stdio.h>

#include "eval/compare.h"
#include "eval/outcome.h"

/* COCO's ten figures, and times if the library was run. `details`: the breakdown too. */
void lp_report_outcome(FILE *to, const lp_outcome *outcome, const lp_labels *labels, int details);

/* Call lp_report_outcome for both outcomes first: it prints the names of A and B. */
void lp_report_comparison(FILE *to, const lp_comparison *comparison);

/* One line per outcome with AP and time. `comparisons` (count - 1 of them, of each with the first) may be NULL. */
void lp_report_table(FILE *to, const lp_outcome *outcomes, size_t count, const lp_comparison *comparisons);

/* All results as JSON. The file is written completely or not at all; "-" is standard output. `comparisons` as above. */
lightpose_status lp_report_json(const char *path, const char *labels_path, const lp_labels *labels,
                                const lp_outcome *outcomes, size_t count, const lp_comparison *comparisons,
                                lightpose_error *error);

#endif
