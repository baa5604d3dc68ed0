/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "people.h"

#include "base/mem.h"

lightpose_result *people_make(int count) {
    lightpose_result *const people = lp_calloc(1, sizeof *people);
    assert_non_null(people);
    people->poses = lp_calloc((size_t)count, sizeof *people->poses);
    assert_non_null(people->poses);
    people->count = people->capacity = (size_t)count;
    for (int p = 0; p < count; p++) {
        lightpose_pose *const pose = &people->poses[p];
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            pose->keypoints[k] = (lightpose_keypoint){
                .x = 100.0f * (float)p + 7.5f * (float)k + 3.125f,
                .y = 50.0f * (float)p + 11.25f * (float)k + 1.0625f,
                .score = 0.9f - 0.01f * (float)k - 0.001f * (float)p,
                .state = LIGHTPOSE_DETECTED,
            };
        pose->score = 0.75f - 0.0625f * (float)p;
        pose->rank = 400.1f - 30.0f * (float)p;
        pose->box = (lightpose_box){pose->keypoints[0].x, pose->keypoints[0].y, 127.5f, 191.25f};
        pose->keypoint_count = LIGHTPOSE_KEYPOINTS;
        pose->id = -1;
    }
    return people;
}

void people_free(lightpose_result *people) {
    lp_free(people->poses);
    lp_free(people);
}

void people_lose(lightpose_result *people, int person, int keypoint) {
    people->poses[person].keypoints[keypoint] = (lightpose_keypoint){0};
    people->poses[person].keypoint_count--;
}

void people_complete(lightpose_result *people, int person, int keypoint) {
    people->poses[person].keypoints[keypoint].state = LIGHTPOSE_COMPLETED;
    people->poses[person].keypoint_count--;
}
