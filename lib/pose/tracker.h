/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a tracker holds: its people, its seats, and the scratch of one frame. */

#ifndef LP_POSE_TRACKER_H
#define LP_POSE_TRACKER_H

#include "base/status.h"
#include "pose/follow.h"
#include "pose/result.h"

enum {
    LP_TRACK_MAX_POSES = 256,  /* of a frame; the rest get no id */
    LP_TRACK_MAX_PEOPLE = 512, /* remembered; beyond it those unseen the longest are forgotten */
    LP_TRACK_MAX_SEATS = 64
};

typedef struct lp_seat {
    int64_t holder; /* the person's own id, -1 for nobody yet */
    int pose;       /* index of the pose in this frame, -1 where not seen */
    int placed;     /* 1 once it has a usual place */
    double x, y;    /* its usual place */
} lp_seat;

typedef struct lp_place {
    double x;
    size_t pose;
} lp_place;

struct lightpose_tracker {
    lightpose_tracker_settings settings;
    lp_one_euro_settings filter;

    double last_time; /* the caller's */
    double now, step; /* our own clock, which only goes forward */
    int64_t frames;   /* since the last new beginning */
    int64_t next_id;

    lp_track *tracks; /* in the order in which people were met */
    size_t count, capacity;

    /* Scratch of one frame. */
    lp_body *bodies; /* of its poses */
    size_t body_capacity;
    double *gains; /* poses x tracks */
    size_t gain_capacity;
    int *match; /* track of each pose, -1 for none */
    size_t match_capacity;
    int *turn; /* the order in which poses are served */
    size_t turn_capacity;
    char *assign_scratch;
    size_t assign_capacity;
    lightpose_pose *poses; /* for putting them in order */
    size_t pose_capacity;
    lp_place *places; /* likewise */
    size_t place_capacity;

    lp_seat seats[LP_TRACK_MAX_SEATS];
    int together; /* frames in a row in which all seats were taken; once it reaches confirm_frames they are settled */
    int settled;
};

#endif
