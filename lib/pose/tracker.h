/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The tracker of one stream: ids and smoothing for the poses of each frame. docs/algorithm.md 9; lightpose.h
 * "Tracking". */

#ifndef LP_POSE_TRACKER_H
#define LP_POSE_TRACKER_H

#include "base/sort.h"
#include "base/status.h"
#include "pose/result.h"
#include "pose/track.h"

/* The caller has checked the settings, which are copied. */
lightpose_status lp_tracker_create(lightpose_tracker **tracker, const lightpose_tracker_settings *settings,
                                   lightpose_error *error);
void lp_tracker_destroy(lightpose_tracker **tracker);

/* Forgets everyone, and frees the slots. */
void lp_tracker_reset(lightpose_tracker *tracker);

/* `time` is finite. On failure the tracker is unchanged, and so is the result, which the caller empties. */
lightpose_status lp_tracker_run(lightpose_tracker *tracker, double time, lightpose_result *result,
                                lightpose_error *error);

/* lightpose_tracker_save and lightpose_tracker_restore (tracker_state.c); a restored tracker has the settings with
 * which it was saved; the caller checks them. */
size_t lp_tracker_save(const lightpose_tracker *tracker, void *bytes, size_t capacity);
lightpose_status lp_tracker_restore(lightpose_tracker **tracker, const void *bytes, size_t size,
                                    lightpose_error *error);

/* ---- The inside: people, slots, and the scratch of one frame
 * --------------------------------------------------------- */

enum {
    LP_TRACK_MAX_POSES = 256,  /* of a frame; the rest get no id */
    LP_TRACK_MAX_PEOPLE = 512, /* remembered; if there are more, those unseen for the longest time are forgotten */
    LP_TRACK_MAX_SLOTS = 64
};

typedef struct lp_slot {
    int64_t holder; /* the tracker's id of the person; -1: nobody yet */
    int pose;       /* index of the pose in this frame; -1: not seen */
    int placed;     /* 1 once it has a usual place */
    double x, y;    /* its usual place */
} lp_slot;

struct lightpose_tracker {
    lightpose_tracker_settings settings;
    lp_one_euro_settings filter;

    double last_time; /* the caller's */
    double now, step; /* our own clock, which never goes back */
    int64_t frames;   /* since the start of the stream */
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
    lp_ranked *turn; /* the order in which poses are processed */
    size_t turn_capacity;
    char *assign_scratch;
    size_t assign_capacity;
    lightpose_pose *poses; /* copies, for sorting */
    size_t pose_capacity;
    lp_ranked *order; /* likewise */
    size_t order_capacity;

    lp_slot slots[LP_TRACK_MAX_SLOTS];
    int together; /* consecutive frames in which all slots were taken; at confirm_frames they are settled */
    int settled;
};

#endif
