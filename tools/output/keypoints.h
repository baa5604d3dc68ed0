/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The keypoints of a pose in the order and scale of a format, and the boxes of its head and hands. docs/algorithm.md
 * 1, 10. */

#ifndef LP_TOOLS_OUTPUT_KEYPOINTS_H
#define LP_TOOLS_OUTPUT_KEYPOINTS_H

#include "output/output.h"

enum { LP_BODY25_KEYPOINTS = 25, LP_COCO17_KEYPOINTS = 17, LP_MAX_KEYPOINTS = LP_BODY25_KEYPOINTS };

/* `set`, or `otherwise` for LP_KEYPOINTS_DEFAULT. */
lp_keypoint_set lp_keypoints_resolve(lp_keypoint_set set, lp_keypoint_set otherwise);

int lp_keypoints_count(lp_keypoint_set set);
const char *lp_keypoints_name(lp_keypoint_set set, int index); /* "nose", "mid_hip", "left_big_toe", … */

/* Fills as many points as the set has, at most LP_MAX_KEYPOINTS. Missing ones are zero in all fields; so are completed
 * ones unless `completed`, and any that are not finite. Returns how many are not missing. */
int lp_keypoints_take(lp_keypoint_set set, const lightpose_pose *pose, int completed, lightpose_keypoint *points);

/* For each of the 17 keypoints of COCO's results, the index of the network's keypoint. */
extern const int lp_coco17_source[LP_COCO17_KEYPOINTS];

/* x * scale_x + offset_x, and so on. */
typedef struct lp_scaling {
    double scale_x, scale_y, offset_x, offset_y;
} lp_scaling;

/* Errors: ARGUMENT (the scale needs the size or the network's scale, which the frame lacks). */
lightpose_status lp_scaling_make(lp_scaling *scaling, const lp_output_options *options, const lp_output_frame *frame,
                                 lightpose_error *error);

typedef enum lp_part { LP_PART_HEAD = 0, LP_PART_LEFT_HAND = 1, LP_PART_RIGHT_HAND = 2, LP_PARTS = 3 } lp_part;

const char *lp_part_name(lp_part part);

/* A square box of a part, as input for another network, clipped to the picture of `width` x `height`. Returns 0 if the
 * keypoints do not determine it, or if it is outside the picture. */
int lp_part_box(lp_part part, const lightpose_pose *pose, int completed, int width, int height, lightpose_box *box);

#endif
