/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Someone who looks as the body prior has it. */

#ifndef TESTS_SOMEONE_H
#define TESTS_SOMEONE_H

#include <math.h>

#include "decode/body_prior.h"
#include "pose/result.h"

/* From the highest keypoint to the lowest `height` pixels, around (x, y). */
static inline lightpose_pose someone(double x, double y, double height) {
    lightpose_pose pose = {.score = 0.5f, .rank = 1, .id = -1};
    double low = INFINITY, high = -INFINITY;

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        low = fmin(low, lp_body_prior_mean[k][1]);
        high = fmax(high, lp_body_prior_mean[k][1]);
    }
    const double scale = height / (high - low);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        pose.keypoints[k] =
            (lightpose_keypoint){.x = (float)(x + scale * (lp_body_prior_mean[k][0] - lp_body_prior_mean[1][0])),
                                 .y = (float)(y + scale * (lp_body_prior_mean[k][1] - (low + high) / 2)),
                                 .score = 0.5f,
                                 .state = LIGHTPOSE_DETECTED};
    pose.keypoint_count = LIGHTPOSE_KEYPOINTS;
    pose.box = lp_pose_box(&pose);
    return pose;
}

#endif
