/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One frame: tick -> match poses with the remembered people -> update the people found, move those not found, forget
 * those unseen for too long, add new people -> ids -> order or slots.
 *
 * A person who is not found is remembered for keep_seconds. A new person gets the next id when seen in confirm_frames
 * consecutive frames, and is forgotten at once if missed before that. In the first frame all people are confirmed. The
 * reference remembers only the previous frame, and every new person gets an id. */

#include "pose/tracker.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "pose/association.h"
#include "pose/slots.h"

static const double first_step = 1.0 / 30; /* seconds; used if the first times of a stream repeat */
static const double least_step = 1e-4;     /* times closer than this are the same */
static const double rewind_s = 1.0;        /* a time that goes back by at least this starts a new stream */

_Static_assert((int)LP_TRACK_MAX_POSES <= (int)LP_CAMERA_MAX_PEOPLE, "everyone with a pose is counted");

static int is_reference(const lightpose_tracker *tracker) {
    return tracker->settings.assignment == LIGHTPOSE_ASSIGNMENT_REFERENCE;
}

lightpose_status lp_tracker_create(lightpose_tracker **tracker, const lightpose_tracker_settings *settings,
                                   lightpose_error *error) {
    lightpose_tracker *const made = lp_calloc(1, sizeof *made);

    *tracker = made;
    if (!made)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a tracker (%zu bytes)", sizeof *made);
    made->settings = *settings;
    made->filter = (lp_one_euro_settings){.min_cutoff = settings->smooth_min_cutoff,
                                          .beta = settings->smooth_beta,
                                          .derivative_cutoff = settings->smooth_derivative_cutoff};
    made->step = first_step;
    lp_slots_start(made);
    return LIGHTPOSE_OK;
}

void lp_tracker_destroy(lightpose_tracker **tracker) {
    lightpose_tracker *const gone = *tracker;

    *tracker = NULL;
    if (!gone)
        return;
    lp_free(gone->tracks);
    lp_free(gone->bodies);
    lp_free(gone->gains);
    lp_free(gone->match);
    lp_free(gone->turn);
    lp_free(gone->assign_scratch);
    lp_free(gone->poses);
    lp_free(gone->order);
    lp_free(gone);
}

/* lp_grow for a pointer of any type, whose address is `array`. */
static int grow(void *array, size_t *capacity, size_t count, size_t size) {
    void *pointer;

    memcpy(&pointer, array, sizeof pointer);
    const int failed = lp_grow(&pointer, capacity, count, size);
    memcpy(array, &pointer, sizeof pointer);
    return failed;
}

/* Reserves all memory that a frame with `tracked` tracked poses can need, before anything changes. */
static lightpose_status reserve(lightpose_tracker *tracker, lightpose_result *result, size_t tracked,
                                lightpose_error *error) {
    const size_t people = tracker->count + tracked;
    const size_t slots = (size_t)tracker->settings.expect_people;
    const size_t scratch = lp_assign_scratch((int)tracked, (int)people);
    const size_t poses = result->count > slots ? result->count : slots;

    if (grow(&tracker->tracks, &tracker->capacity, people, sizeof *tracker->tracks) ||
        grow(&tracker->bodies, &tracker->body_capacity, tracked, sizeof *tracker->bodies) ||
        grow(&tracker->gains, &tracker->gain_capacity, tracked * people, sizeof *tracker->gains) ||
        grow(&tracker->match, &tracker->match_capacity, tracked, sizeof *tracker->match) ||
        grow(&tracker->turn, &tracker->turn_capacity, tracked, sizeof *tracker->turn) ||
        grow(&tracker->assign_scratch, &tracker->assign_capacity, scratch, 1) ||
        grow(&tracker->poses, &tracker->pose_capacity, poses, sizeof *tracker->poses) ||
        grow(&tracker->order, &tracker->order_capacity, poses, sizeof *tracker->order) ||
        grow(&result->poses, &result->capacity, poses, sizeof *result->poses))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to track %zu poses among %zu people", tracked,
                       tracker->count);
    return LIGHTPOSE_OK;
}

static void forget_all(lightpose_tracker *tracker) {
    tracker->count = 0;
    tracker->frames = 0;
    tracker->step = first_step;
}

void lp_tracker_reset(lightpose_tracker *tracker) {
    forget_all(tracker);
    tracker->together = tracker->settled = 0;
    lp_slots_start(tracker);
}

/* Advances our clock. The caller's may stand still or go back a little. */
static void tick(lightpose_tracker *tracker, double time) {
    if (tracker->last_time - time >= rewind_s && tracker->frames > 0)
        forget_all(tracker);
    if (tracker->frames > 0) {
        if (time - tracker->last_time >= least_step)
            tracker->step = time - tracker->last_time;
        tracker->now += tracker->step;
    }
    tracker->last_time = time;
    tracker->frames++;
}

static void drop(lightpose_tracker *tracker, size_t index) {
    tracker->count--;
    memmove(&tracker->tracks[index], &tracker->tracks[index + 1], (tracker->count - index) * sizeof *tracker->tracks);
}

/* Adds a track for a new person. */
static lp_track *meet(lightpose_tracker *tracker, const lp_body *body) {
    if (tracker->count >= LP_TRACK_MAX_PEOPLE) {
        size_t longest = 0;
        for (size_t t = 1; t < tracker->count; t++) {
            if (tracker->tracks[t].seen < tracker->tracks[longest].seen)
                longest = t;
        }
        drop(tracker, longest);
    }
    lp_track *const track = &tracker->tracks[tracker->count++];
    lp_track_start(track, body, tracker->now);
    return track;
}

/* Whether a person not found in this frame is still remembered. */
static int is_remembered(const lightpose_tracker *tracker, const lp_track *track) {
    return !is_reference(tracker) && track->id >= 0 && tracker->now - track->seen <= tracker->settings.keep_seconds;
}

/* Updates the tracks of the people found. Tracks keep their indices. */
static void follow(lightpose_tracker *tracker, int count) {
    for (int p = 0; p < count; p++) {
        if (tracker->match[p] < 0)
            continue;
        lp_track *const track = &tracker->tracks[tracker->match[p]];
        track->pose = p;
        lp_track_learn(track, &tracker->bodies[p], tracker->now);
    }
}

/* Moves the tracks of the people not found. */
static void carry(lightpose_tracker *tracker) {
    for (size_t t = 0; t < tracker->count; t++) {
        if (tracker->tracks[t].pose < 0)
            lp_track_miss(&tracker->tracks[t], tracker->now);
    }
    lp_track_compensate_camera(tracker->tracks, tracker->count);
}

/* Forgets people unseen for too long and adds new ones. */
static void forget_and_meet(lightpose_tracker *tracker, int count) {
    for (size_t t = tracker->count; t-- > 0;) {
        if (tracker->tracks[t].pose < 0 && !is_remembered(tracker, &tracker->tracks[t]))
            drop(tracker, t);
    }
    const int reference = is_reference(tracker);
    for (int turn = 0; turn < count; turn++) {
        const int p = tracker->turn[turn].index;
        if (tracker->match[p] >= 0 || !lp_match_is_new(tracker, &tracker->bodies[p]))
            continue;
        meet(tracker, &tracker->bodies[p])->pose = p;
    }
    for (size_t t = 0; t < tracker->count; t++) {
        lp_track *const track = &tracker->tracks[t];
        const int confirmed = reference || tracker->frames == 1 || track->hits >= tracker->settings.confirm_frames;
        if (track->id < 0 && confirmed)
            track->id = tracker->next_id++;
    }
}

/* Writes ids and smoothed keypoints to the poses. */
static void report(lightpose_tracker *tracker, lightpose_pose *poses) {
    const int reference = is_reference(tracker);

    for (size_t t = 0; t < tracker->count; t++) {
        lp_track *const track = &tracker->tracks[t];
        track->last_pose = track->pose;
        if (track->pose < 0)
            continue;
        lightpose_pose *const pose = &poses[track->pose];
        pose->id = track->id;
        if (tracker->settings.smooth)
            lp_track_smooth(track, &tracker->filter, pose, tracker->now, tracker->step);
        if (reference) { /* the reference compares smoothed poses, and only with the last frame */
            lp_body_from_pose(&track->body, pose);
            lp_track_forget_missing(track);
        }
    }
}

lightpose_status lp_tracker_run(lightpose_tracker *tracker, double time, lightpose_result *result,
                                lightpose_error *error) {
    const int count = result->count < LP_TRACK_MAX_POSES ? (int)result->count : LP_TRACK_MAX_POSES;

    LP_TRY(reserve(tracker, result, (size_t)count, error));
    tick(tracker, time);
    for (size_t p = 0; p < result->count; p++)
        result->poses[p].id = -1;
    for (int p = 0; p < count; p++)
        lp_body_from_pose(&tracker->bodies[p], &result->poses[p]);
    for (size_t t = 0; t < tracker->count; t++)
        tracker->tracks[t].pose = -1;
    lp_match_take_turns(tracker, result->poses, count);
    if (is_reference(tracker))
        lp_match_reference(tracker, count);
    else
        lp_match_default(tracker, count);
    follow(tracker, count);
    if (!is_reference(tracker))
        carry(tracker);
    forget_and_meet(tracker, count);
    report(tracker, result->poses);
    if (tracker->settings.expect_people > 0)
        lp_slots_run(tracker, result);
    else if (tracker->settings.order == LIGHTPOSE_ORDER_X)
        lp_slots_sort(tracker, result);
    return LIGHTPOSE_OK;
}
