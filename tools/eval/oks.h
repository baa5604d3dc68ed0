/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Object keypoint similarity: how well a found person lies on a labelled one, 0 to 1. */

#ifndef LP_TOOLS_EVAL_OKS_H
#define LP_TOOLS_EVAL_OKS_H

#include "eval/detections.h"

/* How widely labellers scatter around keypoint k, relative to the root of the person's area (COCO's sigmas). */
extern const double lp_coco_sigmas[LP_COCO17_KEYPOINTS];

/* One keypoint's part: exp(-d^2 / (2 area (2 sigma)^2)). */
double lp_keypoint_similarity(const lp_label *label, const lp_detection *detection, int keypoint);

/* Mean of that over the labelled keypoints; a keypoint that was not found counts from where the results put it. For a
 * label without keypoints, the distances from its box, doubled about its centre and more (as COCO has it: from one box
 * width left of the box to one width right of it), over all 17. */
double lp_oks(const lp_label *label, const lp_detection *detection);

#endif
