/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/breakdown.h"

#include "eval/json_file.h"
#include "eval/oks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void count_keypoints(lp_breakdown *breakdown, const lp_labels *labels, const lp_matches *all) {
    for (size_t i = 0; i < labels->label_count; i++) {
        const lp_label *const label = &labels->labels[i];
        for (int k = 0; k < LP_COCO17_KEYPOINTS && label->counts; k++)
            breakdown->keypoints[k].labelled += label->labelled[k];
        breakdown->persons += label->counts;
    }
    for (size_t i = 0; i < all->count; i++) {
        const lp_match *const match = &all->list[i];
        const lp_label *const label = match->label[LP_OKS_50];
        if (!label || !label->counts)
            continue;
        breakdown->persons_found++;
        for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
            lp_keypoint_figures *const figures = &breakdown->keypoints[k];
            if (!label->labelled[k])
                continue;
            figures->person_found++;
            if (!match->detection->found[k])
                continue;
            const double similarity = lp_keypoint_similarity(label, match->detection, k);
            figures->found++;
            figures->right += similarity >= 0.5;
            figures->similarity += similarity;
        }
    }
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++)
        if (breakdown->keypoints[k].found)
            breakdown->keypoints[k].similarity /= breakdown->keypoints[k].found;
}

static void summarise(lp_group_figures *group, const lp_matches *matches, const unsigned *weights) {
    lp_curve curve;
    lp_curve_compute(matches, weights, &curve);
    group->ap = lp_curve_mean(curve.precision);
    group->ar = lp_curve_mean(curve.recall);
    group->ap50 = curve.precision[LP_OKS_50];
    for (size_t i = 0; i < matches->image_count; i++) {
        const int here = weights ? (int)weights[i] : matches->persons[i] > 0;
        group->images += here;
        group->persons += here ? (int)matches->persons[i] : 0;
    }
}

static lightpose_status by_size(lp_breakdown *breakdown, const lp_labels *labels, const lp_detections *detections,
                                lightpose_error *error) {
    static const double sides[LP_SIZE_GROUPS + 1] = {0, 32, 64, 96, 192, 1e5};
    for (int i = 0; i < LP_SIZE_GROUPS; i++) {
        lp_group_figures *const group = &breakdown->sizes[i];
        lp_matches matches;
        if (i + 1 < LP_SIZE_GROUPS)
            snprintf(group->name, sizeof group->name, "%.0f-%.0f px", sides[i], sides[i + 1]);
        else
            snprintf(group->name, sizeof group->name, "%.0f+ px", sides[i]);
        const lp_area_range range = {sides[i] * sides[i], sides[i + 1] * sides[i + 1]};
        LP_TRY(lp_matches_make(&matches, labels, detections, range, error));
        summarise(group, &matches, NULL);
        lp_matches_free(&matches);
    }
    return LIGHTPOSE_OK;
}

static void by_crowd(lp_breakdown *breakdown, const lp_matches *all, unsigned *weights) {
    static const unsigned bounds[LP_CROWD_GROUPS + 1] = {1, 2, 3, 5, 9, UINT32_MAX};
    for (int g = 0; g < LP_CROWD_GROUPS; g++) {
        lp_group_figures *const group = &breakdown->crowds[g];
        const unsigned low = bounds[g], high = bounds[g + 1];
        if (g + 1 == LP_CROWD_GROUPS)
            snprintf(group->name, sizeof group->name, "%u+", low);
        else if (high == low + 1)
            snprintf(group->name, sizeof group->name, "%u", low);
        else
            snprintf(group->name, sizeof group->name, "%u-%u", low, high - 1);
        for (size_t i = 0; i < all->image_count; i++)
            weights[i] = all->persons[i] >= low && all->persons[i] < high;
        summarise(group, all, weights);
    }
}

lightpose_status lp_breakdown_make(lp_breakdown *breakdown, const lp_labels *labels, const lp_detections *detections,
                                   const lp_evaluation *evaluation, lightpose_error *error) {
    memset(breakdown, 0, sizeof *breakdown);
    count_keypoints(breakdown, labels, &evaluation->all);
    LP_TRY(by_size(breakdown, labels, detections, error));
    unsigned *const weights = calloc(labels->image_count + 1, sizeof *weights);
    if (!weights)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %zu images", labels->image_count);
    by_crowd(breakdown, &evaluation->all, weights);
    free(weights);
    return LIGHTPOSE_OK;
}
