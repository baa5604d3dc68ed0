/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Average precision for one OKS threshold. Going down the list of all detections, best score first, let tp be the
 * number of right ones so far and fp that of wrong ones (ignored ones are neither). Precision tp / (tp + fp) is made
 * monotonic: each position gets the highest value from there on. For each of the 101 recalls r, take the precision of
 * the first position with recall tp / persons >= r, or 0 if there is none. The mean is the average precision.
 *
 * The code goes up from the end, where only the highest value so far has to be kept. An image that counts w times is a
 * step of w: precision only rises within a step of right detections and falls within a step of wrong ones, so the
 * positions inside a step cannot change the result. */

#include "eval/score.h"

#include <float.h>

enum { RECALLS = 101 };

const char *const lp_figure_names[LP_FIGURES] = {"AP", "AP50", "AP75", "APM", "APL",
                                                 "AR", "AR50", "AR75", "ARM", "ARL"};

/* Rounds as numpy.linspace(0, 1, 101). */
static double recall_step(int index) {
    return index == RECALLS - 1 ? 1.0 : index * 0.01;
}

static int64_t weight_of(const lp_verdict *verdict, const unsigned *weights) {
    return weights ? weights[verdict->image] : 1;
}

static double average_precision(const lp_matches *matches, const unsigned *weights, unsigned bit, int64_t right,
                                int64_t wrong, int64_t persons) {
    double best = 0, sum = 0;
    int step = RECALLS - 1;

    while (recall_step(step) > (double)right / (double)persons)
        step--; /* never reached: counts 0 */
    for (size_t i = matches->count; i-- > 0;) {
        const lp_verdict *const verdict = &matches->verdicts[i];
        const int64_t weight = weight_of(verdict, weights);
        if (verdict->ignored & bit || weight == 0)
            continue;
        if (!(verdict->matched & bit)) { /* less precision than at the right one before it, and the same recall */
            wrong -= weight;
            continue;
        }
        const double precision = (double)right / ((double)(right + wrong) + DBL_EPSILON);
        best = precision > best ? precision : best;
        right -= weight;
        /* These recalls are first reached here. */
        for (; step > 0 && recall_step(step) > (double)right / (double)persons; step--)
            sum += best;
    }
    return (sum + best) / RECALLS; /* recall 0 is reached at the first position, right or wrong */
}

void lp_curve_compute(const lp_matches *matches, const unsigned *weights, lp_curve *curve) {
    int64_t persons = 0;
    for (size_t i = 0; i < matches->image_count; i++)
        persons += (int64_t)matches->persons[i] * (weights ? weights[i] : 1);

    for (int t = 0; t < LP_OKS_THRESHOLDS; t++) {
        const unsigned bit = 1u << t;
        int64_t right = 0, wrong = 0;
        for (size_t i = 0; i < matches->count; i++) {
            const lp_verdict *const verdict = &matches->verdicts[i];
            if (!(verdict->ignored & bit))
                *(verdict->matched & bit ? &right : &wrong) += weight_of(verdict, weights);
        }
        curve->recall[t] = persons ? (double)right / (double)persons : -1;
        curve->precision[t] = persons ? average_precision(matches, weights, bit, right, wrong, persons) : -1;
    }
}

double lp_curve_mean(const double values[LP_OKS_THRESHOLDS]) {
    double sum = 0;
    for (int t = 0; t < LP_OKS_THRESHOLDS; t++)
        sum += values[t];
    return sum / LP_OKS_THRESHOLDS;
}

lightpose_status lp_evaluation_make(lp_evaluation *evaluation, const lp_labels *labels, const lp_detections *detections,
                                    lightpose_error *error) {
    *evaluation = (lp_evaluation){0};
    lightpose_status status = lp_matches_make(&evaluation->all, labels, detections, lp_area_all, error);
    if (status == LIGHTPOSE_OK)
        status = lp_matches_make(&evaluation->medium, labels, detections, lp_area_medium, error);
    if (status == LIGHTPOSE_OK)
        status = lp_matches_make(&evaluation->large, labels, detections, lp_area_large, error);
    if (status != LIGHTPOSE_OK)
        lp_evaluation_free(evaluation);
    return status;
}

void lp_evaluation_free(lp_evaluation *evaluation) {
    lp_matches_free(&evaluation->all);
    lp_matches_free(&evaluation->medium);
    lp_matches_free(&evaluation->large);
}

void lp_evaluation_figures(const lp_evaluation *evaluation, const unsigned *weights, double figures[LP_FIGURES]) {
    lp_curve all, medium, large;
    lp_curve_compute(&evaluation->all, weights, &all);
    lp_curve_compute(&evaluation->medium, weights, &medium);
    lp_curve_compute(&evaluation->large, weights, &large);

    figures[LP_AP] = lp_curve_mean(all.precision);
    figures[LP_AP_50] = all.precision[LP_OKS_50];
    figures[LP_AP_75] = all.precision[LP_OKS_75];
    figures[LP_AP_MEDIUM] = lp_curve_mean(medium.precision);
    figures[LP_AP_LARGE] = lp_curve_mean(large.precision);
    figures[LP_AR] = lp_curve_mean(all.recall);
    figures[LP_AR_50] = all.recall[LP_OKS_50];
    figures[LP_AR_75] = all.recall[LP_OKS_75];
    figures[LP_AR_MEDIUM] = lp_curve_mean(medium.recall);
    figures[LP_AR_LARGE] = lp_curve_mean(large.recall);
}
