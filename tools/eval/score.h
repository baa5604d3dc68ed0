/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Average precision and recall over matched detections, as COCO computes them. */

#ifndef LP_TOOLS_EVAL_SCORE_H
#define LP_TOOLS_EVAL_SCORE_H

#include "eval/match.h"

/* At each OKS threshold; all -1 if no labelled person counts. */
typedef struct lp_curve {
    double precision[LP_OKS_THRESHOLDS]; /* mean of the interpolated precision at the recalls 0, 0.01, …, 1 */
    double recall[LP_OKS_THRESHOLDS];
} lp_curve;

/* `weights` are how often each image counts; NULL: once each. */
void lp_curve_compute(const lp_matches *matches, const unsigned *weights, lp_curve *curve);

/* The mean over the thresholds. */
double lp_curve_mean(const double values[LP_OKS_THRESHOLDS]);

/* COCO's ten figures. */
typedef enum lp_figure {
    LP_AP,        /* mean over the thresholds 0.50 to 0.95 */
    LP_AP_50,     /* at 0.50 */
    LP_AP_75,     /* at 0.75 */
    LP_AP_MEDIUM, /* persons of 32^2 to 96^2 pixels */
    LP_AP_LARGE,  /* larger persons */
    LP_AR,        /* average recall, with the same variants */
    LP_AR_50,
    LP_AR_75,
    LP_AR_MEDIUM,
    LP_AR_LARGE,
    LP_FIGURES
} lp_figure;

extern const char *const lp_figure_names[LP_FIGURES]; /* "AP", "AP50", "APM", … */

/* The matches behind the ten figures. */
typedef struct lp_evaluation {
    lp_matches all, medium, large;
} lp_evaluation;

/* `labels` and `detections` (sorted) must outlive it. Errors: MEMORY. */
lightpose_status lp_evaluation_make(lp_evaluation *evaluation, const lp_labels *labels, const lp_detections *detections,
                                    lightpose_error *error);
void lp_evaluation_free(lp_evaluation *evaluation);

/* A figure is -1 if no labelled person counts for it. */
void lp_evaluation_figures(const lp_evaluation *evaluation, const unsigned *weights, double figures[LP_FIGURES]);

#endif
