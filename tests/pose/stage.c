/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"

void stage_open(stage *s, const lightpose_tracker_settings *settings) {
    s->poses = lp_calloc(STAGE_MOST, sizeof *s->poses);
    assert_non_null(s->poses);
    s->result = (lightpose_result){.poses = s->poses, .capacity = STAGE_MOST};
    assert_int_equal(lightpose_tracker_create(&s->tracker, settings, NULL), LIGHTPOSE_OK);
}

void stage_close(stage *s) {
    lightpose_tracker_destroy(&s->tracker);
    lp_free(s->result.poses);
}

void stage_add(stage *s, double x, double y, double height) {
    lightpose_pose *const pose = &s->poses[s->result.count++];

    assert_true(s->result.count <= STAGE_MOST);
    *pose = (lightpose_pose){.score = 0.5f, .rank = 0.5f, .keypoint_count = LIGHTPOSE_KEYPOINTS, .id = 99};
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        pose->keypoints[k] = (lightpose_keypoint){(float)(x + height * scene_stance[k][0]),
                                                  (float)(y + height * scene_stance[k][1]), 0.5f, LIGHTPOSE_DETECTED};
    pose->box = lp_pose_box(pose);
}

void stage_put(stage *s, int p, int k, double x, double y, int keypoint_state) {
    lightpose_pose *const pose = &s->poses[p];
    const float score = keypoint_state == LIGHTPOSE_MISSING ? 0 : 0.5f;

    pose->keypoint_count -= pose->keypoints[k].state == LIGHTPOSE_DETECTED;
    pose->keypoint_count += keypoint_state == LIGHTPOSE_DETECTED;
    pose->keypoints[k] = (lightpose_keypoint){(float)x, (float)y, score, (lightpose_keypoint_state)keypoint_state};
    pose->box = lp_pose_box(pose);
}

void stage_frame(stage *s, double time) {
    lightpose_error error = {0};

    if (lightpose_tracker_update(s->tracker, time, &s->result, &error) != LIGHTPOSE_OK)
        fail_msg("%s", error.text);
    s->poses = s->result.poses;
}

void stage_expect(stage *s, int count, ...) {
    va_list ids;

    assert_int_equal(s->result.count, count);
    va_start(ids, count);
    for (int p = 0; p < count; p++)
        assert_int_equal(s->result.poses[p].id, va_arg(ids, int));
    va_end(ids);
    s->result.count = 0;
}
