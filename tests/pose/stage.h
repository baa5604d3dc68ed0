/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A tracker, and a result to put people into by hand. */

#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include "pose/tracker.h"
#include "scene.h"

enum { STAGE_MOST = 512 };

typedef struct stage {
    lightpose_tracker *tracker;
    lightpose_pose *poses; /* of the result, which may move them */
    lightpose_result result;
} stage;

void stage_open(stage *s, const lightpose_tracker_settings *settings); /* NULL: the defaults */
void stage_close(stage *s);

/* One more person, who stands with the neck at x, y; score 0.5. */
void stage_add(stage *s, double x, double y, double height);

/* Changes keypoint k of pose p; where missing it is zeros. */
void stage_put(stage *s, int p, int k, double x, double y, int keypoint_state);

/* Gives the frame to the tracker, which must succeed. */
void stage_frame(stage *s, double time);

/* The result has `count` poses with these ids; then it is emptied for the next frame. */
void stage_expect(stage *s, int count, ...);

#endif
