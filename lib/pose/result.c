/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "pose/result.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

void lp_result_clear(lightpose_result *result) {
    result->count = 0;
}

lightpose_box lp_pose_box(const lightpose_pose *pose) {
    lightpose_box box = {0};
    int found = 0;

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lightpose_keypoint *const keypoint = &pose->keypoints[k];
        if (keypoint->state != LIGHTPOSE_DETECTED)
            continue;
        if (!found++) {
            box = (lightpose_box){keypoint->x, keypoint->y, 0, 0};
            continue;
        }
        /* Grows the box by its edges, so that it contains every keypoint exactly. */
        const float right = box.x + box.width > keypoint->x ? box.x + box.width : keypoint->x;
        const float bottom = box.y + box.height > keypoint->y ? box.y + box.height : keypoint->y;
        box.x = keypoint->x < box.x ? keypoint->x : box.x;
        box.y = keypoint->y < box.y ? keypoint->y : box.y;
        box.width = right - box.x;
        box.height = bottom - box.y;
    }
    return box;
}

static void pose_from_person(lightpose_pose *pose, const lp_person *person, const lp_transform *transform, int upsample,
                             int half_pixel) {
    *pose = (lightpose_pose){.score = person->score, .rank = person->rank, .id = -1};
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lightpose_keypoint_state state = (lightpose_keypoint_state)person->state[k];
        if (state == LIGHTPOSE_MISSING)
            continue;
        pose->keypoints[k] = (lightpose_keypoint){
            .x = lp_to_image_x(transform, person->x[k], upsample, half_pixel),
            .y = lp_to_image_y(transform, person->y[k], upsample, half_pixel),
            .score = person->keypoint_score[k],
            .state = state,
        };
        pose->keypoint_count += state == LIGHTPOSE_DETECTED;
    }
    pose->box = lp_pose_box(pose);
}

lightpose_status lp_result_set(lightpose_result *result, const lp_people *people, const lp_transform *transform,
                               int upsample, lightpose_error *error) {
    void *poses = result->poses;

    lp_result_clear(result);
    if (lp_grow(&poses, &result->capacity, (size_t)people->count, sizeof *result->poses) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d poses", people->count);
    result->poses = poses;
    for (int i = 0; i < people->count; i++)
        pose_from_person(&result->poses[i], &people->persons[i], transform, upsample, people->half_pixel);
    result->count = (size_t)people->count;
    return LIGHTPOSE_OK;
}

/* Rounds to the nearest step. Adding 0 turns -0 into 0. */
static float round_to(float value, float steps) {
    return rintf(value * steps) / steps + 0.0f;
}

void lp_result_round(lightpose_result *result) {
    for (size_t i = 0; i < result->count; i++) {
        lightpose_pose *const pose = &result->poses[i];
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            lightpose_keypoint *const point = &pose->keypoints[k];
            if (point->state == LIGHTPOSE_MISSING)
                continue;
            point->x = round_to(point->x, LIGHTPOSE_POSITION_STEPS);
            point->y = round_to(point->y, LIGHTPOSE_POSITION_STEPS);
            point->score = round_to(point->score, LIGHTPOSE_SCORE_STEPS);
            if (point->score <= 0) /* many formats use 0 for a missing keypoint */
                point->score = 1 / LIGHTPOSE_SCORE_STEPS;
        }
        pose->box = lp_pose_box(pose);
    }
}

lightpose_status lp_result_assign(lightpose_result *result, const lightpose_pose *poses, size_t count,
                                  lightpose_error *error) {
    /* If `poses` lies in the result, it already fits, so lp_grow does not move an array that is still read. */
    void *grown = result->poses;

    lp_result_clear(result);
    if (lp_grow(&grown, &result->capacity, count, sizeof *result->poses) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %zu poses", count);
    result->poses = grown;
    if (count > 0)
        memmove(result->poses, poses, count * sizeof *poses);
    result->count = count;
    return LIGHTPOSE_OK;
}
