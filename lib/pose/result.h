/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The list of poses in a lightpose_result. */

#ifndef LP_POSE_RESULT_H
#define LP_POSE_RESULT_H

#include "decode/decode.h"
#include "image/geometry.h"

struct lightpose_result {
    lightpose_pose *poses;
    size_t count, capacity;
};

void lp_result_clear(lightpose_result *result);

/* The box of the detected keypoints; all 0 if there are none. */
lightpose_box lp_pose_box(const lightpose_pose *pose);

/* Replaces the contents with copies of `poses`, which may lie in the result itself. On failure the result is empty. */
lightpose_status lp_result_assign(lightpose_result *result, const lightpose_pose *poses, size_t count,
                                  lightpose_error *error);

/* Replaces the contents with `people`, in image coordinates. On failure the result is empty. */
lightpose_status lp_result_set(lightpose_result *result, const lp_people *people, const lp_transform *transform,
                               int upsample, lightpose_error *error);

/* Rounds every keypoint to LIGHTPOSE_POSITION_STEPS and LIGHTPOSE_SCORE_STEPS. */
void lp_result_round(lightpose_result *result);

#endif
