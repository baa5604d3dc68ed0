/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* All that is known of one set of detections. */

#ifndef LP_TOOLS_EVAL_OUTCOME_H
#define LP_TOOLS_EVAL_OUTCOME_H

#include "eval/breakdown.h"

/* What the network took, where it ran. */
typedef struct lp_timing {
    int height;        /* of the network, as asked for */
    int workers;       /* contexts of one thread each, side by side; 0: nothing was run */
    int images;        /* that were timed */
    double image_ms;   /* mean processor time of the library's call / workers: with all of them busy, from one
                        * image to the next */
    double network_ms; /* the network's share of that */
    double decode_ms;  /* that of peaks and grouping */
    int precision;     /* lightpose_precision that `auto` came to */
    int decoder;       /* lightpose_decoder that `default` came to */
    int second_look;   /* crops that are looked at again at most */
} lp_timing;

/* What was found where nobody is. */
typedef struct lp_negatives {
    int images;      /* 0: none were looked at */
    int images_with; /* in which somebody was found */
    int persons;
    double best_rank;  /* the highest rank of these persons; 0 where there is none */
    const char *worst; /* the picture that has it, or NULL */
    double ap;         /* with these images among the labelled ones */
} lp_negatives;

typedef struct lp_outcome {
    const char *name; /* for people: the file, or the options; borrowed */
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
