/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Object keypoint similarity (OKS): how well a detection fits a labelled person, 0 to 1. */

#ifndef LP_TOOLS_EVAL_OKS_H
#define LP_TOOLS_EVAL_OKS_H

#include "eval/detections.h"

/* COCO's sigmas: the standard deviation of human labels of a keypoint, relative to the root of the person's area. */
extern const double lp_coco_sigmas[LP_COCO17_KEYPOINTS];

/* One keypoint's part: exp(-d^2 / (2 area (2 sigma)^2)). */
double lp_keypoint_similarity(const lp_label *label, const lp_detection *detection, int keypoint);

/* The mean of lp_keypoint_similarity over the labelled keypoints. A keypoint that was not found counts with the
 * position in the results. For a label without keypoints COCO's rule is used: over all 17 keypoints, the distance from
 * the label's box, extended by its width on the left and right and by its height above and below. */
double lp_oks(const lp_label *label, const lp_detection *detection);

#endif
