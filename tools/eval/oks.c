/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/oks.h"

#include <float.h>
#include <math.h>

const double lp_coco_sigmas[LP_COCO17_KEYPOINTS] = {0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072,
                                                    0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089};

static double similarity(const lp_label *label, int keypoint, double dx, double dy) {
    const double spread = 2 * lp_coco_sigmas[keypoint];
    /* DBL_EPSILON avoids a division by an area of 0. */
    return exp(-(dx * dx + dy * dy) / (spread * spread) / (label->area + DBL_EPSILON) / 2);
}

double lp_keypoint_similarity(const lp_label *label, const lp_detection *detection, int keypoint) {
    return similarity(label, keypoint, detection->x[keypoint] - label->x[keypoint],
                      detection->y[keypoint] - label->y[keypoint]);
}

static double outside(double low, double high, double x) {
    return fmax(0, low - x) + fmax(0, x - high);
}

double lp_oks(const lp_label *label, const lp_detection *detection) {
    const double *const box = label->box;
    double sum = 0;

    if (label->labelled_count > 0) {
        for (int k = 0; k < LP_COCO17_KEYPOINTS; k++)
            if (label->labelled[k])
                sum += lp_keypoint_similarity(label, detection, k);
        return sum / label->labelled_count;
    }
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++)
        sum += similarity(label, k, outside(box[0] - box[2], box[0] + 2 * box[2], detection->x[k]),
                          outside(box[1] - box[3], box[1] + 2 * box[3], detection->y[k]));
    return sum / LP_COCO17_KEYPOINTS;
}
