/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Compares two sets of detections on the same images: is the difference statistically significant? */

#ifndef LP_TOOLS_EVAL_COMPARE_H
#define LP_TOOLS_EVAL_COMPARE_H

#include "eval/score.h"

/* One figure of both sets. The interval has 95 % of the differences over bootstrap samples: as many images as there
 * are, drawn with replacement, the same for both. */
typedef struct lp_difference {
    double a, b;      /* -1 if no person counts */
    double low, high; /* of b - a: the 2.5 % and 97.5 % quantiles */
    double p;         /* two-sided p-value of b - a = 0 */
} lp_difference;

typedef struct lp_comparison {
    lp_difference figures[LP_FIGURES];
    int both, only_a, only_b, neither; /* labelled persons matched at OKS 0.50 */
    int samples;
} lp_comparison;

/* Deterministic for a seed. `samples` is at least 1; LP_COMPARE_SAMPLES is a good choice. Errors: MEMORY. */
enum { LP_COMPARE_SAMPLES = 2000 };

lightpose_status lp_compare(lp_comparison *comparison, const lp_labels *labels, const lp_evaluation *a,
                            const lp_evaluation *b, int samples, uint64_t seed, lightpose_error *error);

#endif
