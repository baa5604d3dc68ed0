/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Seats. A seat belongs to the person, by the tracker's own id, who holds it, for as long as the person is remembered.
 * A seat without holder is free. A person without a seat takes
 * - before the seats are settled: the first free one;
 * - afterwards: the one whose usual place (a slow average of its holders' middles) is nearest, if that one is free.
 * Who gets none is left out of the result. Seats settle when all are taken in confirm_frames frames in a row. Until
 * then, with order x, they change places so that those in sight come first, from left to right. */

#include "pose/seats.h"

#include <math.h>

static const double place_s = 10; /* time over which a seat's usual place is averaged */

typedef struct middle {
    double x, y;
} middle;

static middle middle_of(const lightpose_pose *pose) {
    lp_body body;
    int any = 0;

    lp_body_from_pose(&body, pose);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        any |= body.weight[k] > 0;
    return (middle){any ? body.left + body.width / 2 : INFINITY, any ? body.top + body.height / 2 : INFINITY};
}

void lp_seats_sort(lightpose_tracker *tracker, lightpose_result *result) {
    lp_place *const places = tracker->places;

    for (size_t p = 0; p < result->count; p++) {
        const double x = middle_of(&result->poses[p]).x;
        size_t place = p;
        for (; place > 0 && places[place - 1].x > x; place--)
            places[place] = places[place - 1];
        places[place] = (lp_place){x, p};
        tracker->poses[p] = result->poses[p];
    }
    for (size_t p = 0; p < result->count; p++)
        result->poses[p] = tracker->poses[places[p].pose];
}

void lp_seats_start(lightpose_tracker *tracker) {
    for (int s = 0; s < LP_TRACK_MAX_SEATS; s++)
        tracker->seats[s] = (lp_seat){.holder = -1, .pose = -1};
}

static int is_free(const lightpose_tracker *tracker, const lp_seat *seat) {
    for (size_t t = 0; t < tracker->count && seat->holder >= 0; t++) {
        if (tracker->tracks[t].id == seat->holder)
            return 0;
    }
    return 1;
}

/* The seat for a person who holds none, or NULL. */
static lp_seat *choose(lightpose_tracker *tracker, middle at) {
    lp_seat *nearest = NULL;
    double least = INFINITY;

    for (int s = 0; s < tracker->settings.expect_people; s++) {
        lp_seat *const seat = &tracker->seats[s];
        const double distance = (seat->x - at.x) * (seat->x - at.x) + (seat->y - at.y) * (seat->y - at.y);
        if (!tracker->settled && is_free(tracker, seat))
            return seat;
        if (distance < least) {
            least = distance;
            nearest = seat;
        }
    }
    return nearest && is_free(tracker, nearest) ? nearest : NULL;
}

/* Those who hold a seat get it; then, in the result's order, those who hold none. */
static void take_seats(lightpose_tracker *tracker, const lightpose_result *result) {
    const int seats = tracker->settings.expect_people;

    for (int s = 0; s < seats; s++) {
        lp_seat *const seat = &tracker->seats[s];
        seat->pose = -1;
        for (size_t p = 0; p < result->count && seat->holder >= 0; p++) {
            if (result->poses[p].id == seat->holder)
                seat->pose = (int)p;
        }
    }
    for (size_t p = 0; p < result->count; p++) {
        const lightpose_pose *const pose = &result->poses[p];
        int seated = pose->id < 0;
        for (int s = 0; s < seats && !seated; s++)
            seated = tracker->seats[s].holder == pose->id;
        lp_seat *const seat = seated ? NULL : choose(tracker, middle_of(pose));
        if (seat) {
            seat->holder = pose->id;
            seat->pose = (int)p;
            seat->placed = tracker->settled ? seat->placed : 0;
        }
    }
}

/* Usual places, and the order of seats until they settle. */
static void settle(lightpose_tracker *tracker, const lightpose_result *result) {
    const int seats = tracker->settings.expect_people;
    int taken = 0;

    for (int s = 0; s < seats; s++) {
        lp_seat *const seat = &tracker->seats[s];
        if (seat->pose < 0)
            continue;
        const middle at = middle_of(&result->poses[seat->pose]);
        const double gain = seat->placed ? tracker->step / (place_s + tracker->step) : 1;
        seat->x += gain * (at.x - seat->x);
        seat->y += gain * (at.y - seat->y);
        seat->placed = 1;
        taken++;
    }
    if (tracker->settled)
        return;
    if (tracker->settings.order == LIGHTPOSE_ORDER_X) {
        double x[LP_TRACK_MAX_SEATS];
        for (int s = 0; s < seats; s++) {
            const lp_seat seat = tracker->seats[s];
            const double key = seat.pose >= 0 ? middle_of(&result->poses[seat.pose]).x : INFINITY;
            int place = s;
            for (; place > 0 && x[place - 1] > key; place--) {
                x[place] = x[place - 1];
                tracker->seats[place] = tracker->seats[place - 1];
            }
            x[place] = key;
            tracker->seats[place] = seat;
        }
    }
    tracker->together = taken == seats ? tracker->together + 1 : 0;
    tracker->settled = tracker->together >= tracker->settings.confirm_frames;
}

void lp_seats_run(lightpose_tracker *tracker, lightpose_result *result) {
    const int seats = tracker->settings.expect_people;

    take_seats(tracker, result);
    settle(tracker, result);
    for (int s = 0; s < seats; s++) {
        const int pose = tracker->seats[s].pose;
        tracker->poses[s] = pose >= 0 ? result->poses[pose] : (lightpose_pose){0};
        tracker->poses[s].id = s;
    }
    for (int s = 0; s < seats; s++)
        result->poses[s] = tracker->poses[s];
    result->count = (size_t)seats;
}
