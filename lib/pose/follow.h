/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One person followed through a stream: where they are expected, what is learnt when they are seen, and the filters
 * that smooth them. */

#ifndef LP_POSE_FOLLOW_H
#define LP_POSE_FOLLOW_H

#include "pose/body.h"
#include "pose/one_euro.h"

typedef struct lp_track {
    int64_t id;          /* -1 until confirmed */
    int pose, last_pose; /* index of its pose in this frame and in the one before; -1 where it has none */
    int64_t hits;        /* frames in which it was seen */

    lp_body body; /* as last seen, and moved on since; keypoints missing then are carried along with the rest */
    double area;  /* lp_body_area, the largest of late: a pose may be a part of the person */
    double born, seen;
    double at;               /* the time that `body` and the velocity are of */
    double vx, vy;           /* pixels a second of the body as a whole */
    double off_x, off_y;     /* from where it was expected when last seen to where it was */
    double gain_vx, gain_vy; /* change of the velocity when last seen */

    lp_one_euro filters[LIGHTPOSE_KEYPOINTS][2];
    double filter_fed[LIGHTPOSE_KEYPOINTS]; /* time of each filter's last sample; below 0 for none */
} lp_track;

/* A person never seen before. Times are the tracker's own, from 0. */
void lp_track_start(lp_track *track, const lp_body *body, double now);

lp_expectation lp_track_expect(const lp_track *track, double now);

/* The person is not seen: moves on to where they are expected. */
void lp_track_miss(lp_track *track, double now);

/* Moves what is remembered by dx, dy, and adds to its velocity. */
void lp_track_shift(lp_track *track, double dx, double dy, double dvx, double dvy);

/* The person is seen as `body`, later than before. */
void lp_track_learn(lp_track *track, const lp_body *body, double now);

/* Keypoints that the last body lacks start their filters afresh: for a memory of one frame. */
void lp_track_forget_missing(lp_track *track);

/* Smooths the keypoints of `pose` and makes its box again. `step` is the time since the frame before: a keypoint that
 * was missing for more than LP_FILTER_GAP beyond it starts afresh. */
#define LP_FILTER_GAP 0.25
void lp_track_smooth(lp_track *track, const lp_one_euro_settings *settings, lightpose_pose *pose, double now,
                     double step);

#endif
