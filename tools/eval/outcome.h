/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One set of detections with its evaluation. */

#ifndef LP_TOOLS_EVAL_OUTCOME_H
#define LP_TOOLS_EVAL_OUTCOME_H

#include "eval/breakdown.h"

/* Times, if the library was run. */
typedef struct lp_timing {
    int height;        /* requested height of the network's input */
    int workers;       /* contexts of one thread each, in parallel; 0: nothing was run */
    int images;        /* number timed */
    double image_ms;   /* mean processor time of the library's call / workers: the time from one image to the next
                        * while all workers are busy */
    double network_ms; /* the network's share of image_ms */
    double decode_ms;  /* the share of peaks and grouping */
    int precision;     /* lightpose_precision, with `auto` resolved */
    int decoder;       /* lightpose_decoder, with `default` resolved */
    int second_look;   /* most crops that are searched again */
} lp_timing;

/* False positives in images without people. */
typedef struct lp_negatives {
    int images;      /* 0: none were searched */
    int images_with; /* in which somebody was found */
    int persons;
    double best_rank;  /* the highest rank of these persons; 0 if there are none */
    const char *worst; /* the picture with best_rank, or NULL */
    double ap;         /* with these images added to the labelled ones */
} lp_negatives;

typedef struct lp_outcome {
    const char *name; /* for display: the file, or the options; borrowed */
    lp_detections detections;
    lp_evaluation evaluation;
    double figures[LP_FIGURES];
    lp_breakdown breakdown;
    lp_timing timing;
    lp_negatives negatives;
} lp_outcome;

/* Evaluates outcome->detections, which are sorted. `labels` must outlive the outcome. */
lightpose_status lp_outcome_evaluate(lp_outcome *outcome, const lp_labels *labels, lightpose_error *error);
void lp_outcome_free(lp_outcome *outcome);

#endif
