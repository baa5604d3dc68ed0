/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/outcome.h"

#include "eval/json_file.h"

lightpose_status lp_outcome_evaluate(lp_outcome *outcome, const lp_labels *labels, lightpose_error *error) {
    LP_TRY(lp_evaluation_make(&outcome->evaluation, labels, &outcome->detections, error));
    lp_evaluation_figures(&outcome->evaluation, NULL, outcome->figures);
    return lp_breakdown_make(&outcome->breakdown, labels, &outcome->detections, &outcome->evaluation, error);
}

void lp_outcome_free(lp_outcome *outcome) {
    lp_evaluation_free(&outcome->evaluation);
    lp_detections_free(&outcome->detections);
}
