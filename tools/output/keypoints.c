/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/keypoints.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The network lacks MID_HIP and NONE. */
enum { RIGHT_HIP = 8, LEFT_HIP = 11, MID_HIP = -1, NONE = -2, FIRST_FOOT = 19 };

const int lp_coco17_source[LP_COCO17_KEYPOINTS] = {0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10};

static const int body25_source[LP_BODY25_KEYPOINTS] = {0,  1,  2,  3,  4,  5,  6,    7,    MID_HIP, 8,    9,    10,  11,
                                                       12, 13, 14, 15, 16, 17, NONE, NONE, NONE,    NONE, NONE, NONE};

lp_keypoint_set lp_keypoints_resolve(lp_keypoint_set set, lp_keypoint_set otherwise) {
    return set == LP_KEYPOINTS_DEFAULT ? otherwise : set;
}

int lp_keypoints_count(lp_keypoint_set set) {
    return set == LP_KEYPOINTS_BODY25 ? LP_BODY25_KEYPOINTS : LIGHTPOSE_KEYPOINTS;
}

const char *lp_keypoints_name(lp_keypoint_set set, int index) {
    static const char *const feet[] = {"left_big_toe",  "left_small_toe",  "left_heel",
                                       "right_big_toe", "right_small_toe", "right_heel"};
    if (set != LP_KEYPOINTS_BODY25)
        return lightpose_keypoint_get_name(index);
    if (index >= FIRST_FOOT)
        return feet[index - FIRST_FOOT];
    return body25_source[index] == MID_HIP ? "mid_hip" : lightpose_keypoint_get_name(body25_source[index]);
}

static lightpose_keypoint take(const lightpose_keypoint *from, int completed) {
    const int there = from->state == LIGHTPOSE_DETECTED || (completed && from->state == LIGHTPOSE_COMPLETED);
    return there && isfinite(from->x) && isfinite(from->y) && isfinite(from->score) ? *from : (lightpose_keypoint){0};
}

/* OpenPose's body25 has a keypoint of its own here. The closest substitute is the middle of the two hips, with the
 * lower of their scores. */
static lightpose_keypoint mid_hip(lightpose_keypoint right, lightpose_keypoint left) {
    if (right.state == LIGHTPOSE_MISSING || left.state == LIGHTPOSE_MISSING)
        return (lightpose_keypoint){0};
    return (lightpose_keypoint){
        .x = (float)(((double)right.x + left.x) / 2),
        .y = (float)(((double)right.y + left.y) / 2),
        .score = fminf(right.score, left.score),
        .state = right.state == LIGHTPOSE_COMPLETED ? right.state : left.state,
    };
}

int lp_keypoints_take(lp_keypoint_set set, const lightpose_pose *pose, int completed, lightpose_keypoint *points) {
    const int count = lp_keypoints_count(set);
    int there = 0;

    for (int i = 0; i < count; i++) {
        const int source = set == LP_KEYPOINTS_BODY25 ? body25_source[i] : i;
        if (source == MID_HIP)
            points[i] =
                mid_hip(take(&pose->keypoints[RIGHT_HIP], completed), take(&pose->keypoints[LEFT_HIP], completed));
        else if (source == NONE)
            points[i] = (lightpose_keypoint){0};
        else
            points[i] = take(&pose->keypoints[source], completed);
        there += points[i].state != LIGHTPOSE_MISSING;
    }
    return there;
}

/* Coordinates are continuous, and the picture spans 0 to its width. So the unit scales divide by the width, whereas
 * OpenPose, which counts from the centre of the first pixel to that of the last, divides by width - 1. */
lightpose_status lp_scaling_make(lp_scaling *scaling, const lp_output_options *options, const lp_output_frame *frame,
                                 lightpose_error *error) {
    const double width = frame->width, height = frame->height;

    *scaling = (lp_scaling){.scale_x = 1, .scale_y = 1};
    if (options->scale == LP_SCALE_SOURCE)
        return LIGHTPOSE_OK;
    if (frame->width <= 0 || frame->height <= 0)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "keypoint scale %d needs the size of frame %" PRId64 ", which is %dx%d", options->scale,
                       frame->index, frame->width, frame->height);
    switch (options->scale) {
    case LP_SCALE_SOURCE:
        break;
    case LP_SCALE_NET:
        if (!(frame->net_scale > 0))
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                           "keypoint scale 1 needs the network's scale of frame %" PRId64 ", which is %g", frame->index,
                           (double)frame->net_scale);
        *scaling = (lp_scaling){frame->net_scale * (float)(frame->pixel_aspect > 0 ? frame->pixel_aspect : 1),
                                frame->net_scale, frame->net_pad_x, frame->net_pad_y};
        break;
    case LP_SCALE_OUTPUT: /* annotated pictures have the size of the source */
        break;
    case LP_SCALE_UNIT:
        *scaling = (lp_scaling){1 / width, 1 / height, 0, 0};
        break;
    case LP_SCALE_SIGNED:
        *scaling = (lp_scaling){2 / width, 2 / height, -1, -1};
        break;
    }
    return LIGHTPOSE_OK;
}
