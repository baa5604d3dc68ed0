/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The track of one person through a stream: the expected place, the update when the person is seen, and the smoothing
 * filters. */

#ifndef LP_POSE_TRACK_H
#define LP_POSE_TRACK_H

#include <stddef.h>

#include "pose/similarity.h"

/* ---- One-Euro filter --------------------------------------------------------------------------------------------- */

/* Casiez, Roussel, Vogel: 1 Euro Filter, CHI 2012: a first-order low-pass whose cutoff rises with the speed of its
 * input. docs/algorithm.md 9, but with the true time between samples. */

typedef struct lp_one_euro_settings {
    double min_cutoff;        /* Hz, above 0 */
    double beta;              /* Hz per unit a second */
    double derivative_cutoff; /* Hz, above 0 */
} lp_one_euro_settings;

typedef struct lp_one_euro {
    double raw, value; /* the last sample and the last result */
    double slope;      /* units a second, low-passed */
} lp_one_euro;

/* The first sample passes unchanged. */
void lp_one_euro_start(lp_one_euro *filter, double raw);

/* The sample `seconds` (above 0) after the last. The result lies between the last result and `raw`. */
double lp_one_euro_step(lp_one_euro *filter, const lp_one_euro_settings *settings, double raw, double seconds);

/* ---- Motion ------------------------------------------------------------------------------------------------------ */

typedef struct lp_track {
    int64_t id;          /* -1 until confirmed */
    int pose, last_pose; /* index of its pose in this frame and in the one before; -1 if it has none */
    int64_t hits;        /* frames in which it was seen */

    lp_body body; /* as last seen, moved since then; keypoints that were missing then move with the rest */
    double area;  /* lp_body_area, the largest recent one, because a pose may show only a part of the person */
    double born, seen;
    double at;               /* the time of `body` and the velocity */
    double vx, vy;           /* pixels a second, of the whole body */
    double off_x, off_y;     /* offset from the expected to the seen place when last seen */
    double gain_vx, gain_vy; /* change of the velocity when last seen */

    lp_one_euro filters[LIGHTPOSE_KEYPOINTS][2];
    double filter_fed[LIGHTPOSE_KEYPOINTS]; /* time of each filter's last sample; below 0 for none */
} lp_track;

/* Starts the track of a new person. Times are the tracker's own, from 0. */
void lp_track_start(lp_track *track, const lp_body *body, double now);

lp_expectation lp_track_expect(const lp_track *track, double now);

/* For a person who is not seen: moves the track to the expected place. */
void lp_track_miss(lp_track *track, double now);

/* Moves the track by dx, dy and adds dvx, dvy to its velocity. */
void lp_track_shift(lp_track *track, double dx, double dy, double dvx, double dvy);

/* For a person seen as `body`; `now` must be later than before. */
void lp_track_learn(lp_track *track, const lp_body *body, double now);

/* Restarts the filters of keypoints that are missing in the last body. The reference remembers only one frame. */
void lp_track_forget_missing(lp_track *track);

/* Smooths the keypoints of `pose` and recomputes its box. `step` is the time since the frame before: the filter of a
 * keypoint that was missing for more than LP_FILTER_GAP beyond it restarts. */
#define LP_FILTER_GAP 0.25
void lp_track_smooth(lp_track *track, const lp_one_euro_settings *settings, lightpose_pose *pose, double now,
                     double step);

/* ---- Camera motion ----------------------------------------------------------------------------------------------- */

enum { LP_CAMERA_MAX_PEOPLE = 256 };

/* Estimates the camera's motion from the people in sight, and moves the tracks without a pose in this frame with it. At
 * most LP_CAMERA_MAX_PEOPLE have a pose. */
void lp_track_compensate_camera(lp_track *tracks, size_t count);

#endif
