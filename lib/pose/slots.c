/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A slot belongs to its holder, a person by the tracker's own id, as long as the person is remembered. A slot without a
 * holder is free. A person without a slot takes
 * - before the slots are settled: the first free one;
 * - afterwards: the slot whose usual place (a slow average of its holders' middles) is nearest, if it is free.
 * People without a slot are left out of the result. Slots settle when all of them are taken in confirm_frames
 * consecutive frames. Until then, with order x, they are reordered so that the people in sight come first, from left to
 * right. */

#include "pose/slots.h"

#include <math.h>
#include <string.h>

static const double place_s = 10; /* time over which a slot's usual place is averaged */

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

void lp_slots_sort(lightpose_tracker *tracker, lightpose_result *result) {
    const int count = (int)result->count;

    for (int p = 0; p < count; p++) {
        tracker->order[p] = (lp_ranked){.rank = -middle_of(&result->poses[p]).x, .index = p};
        tracker->poses[p] = result->poses[p];
    }
    lp_sort_ranked(tracker->order, count);
    for (int p = 0; p < count; p++)
        result->poses[p] = tracker->poses[tracker->order[p].index];
}

void lp_slots_start(lightpose_tracker *tracker) {
    for (int s = 0; s < LP_TRACK_MAX_SLOTS; s++)
        tracker->slots[s] = (lp_slot){.holder = -1, .pose = -1};
}

static int is_free(const lightpose_tracker *tracker, const lp_slot *slot) {
    for (size_t t = 0; t < tracker->count && slot->holder >= 0; t++) {
        if (tracker->tracks[t].id == slot->holder)
            return 0;
    }
    return 1;
}

/* The slot for a person without one, or NULL. */
static lp_slot *choose(lightpose_tracker *tracker, middle at) {
    lp_slot *nearest = NULL;
    double least = INFINITY;

    for (int s = 0; s < tracker->settings.expect_people; s++) {
        lp_slot *const slot = &tracker->slots[s];
        const double distance = (slot->x - at.x) * (slot->x - at.x) + (slot->y - at.y) * (slot->y - at.y);
        if (!tracker->settled && is_free(tracker, slot))
            return slot;
        if (distance < least) {
            least = distance;
            nearest = slot;
        }
    }
    return nearest && is_free(tracker, nearest) ? nearest : NULL;
}

/* Assigns the slots' poses: first to holders, then, in the result's order, to people without a slot. */
static void fill_slots(lightpose_tracker *tracker, const lightpose_result *result) {
    const int slots = tracker->settings.expect_people;

    for (int s = 0; s < slots; s++) {
        lp_slot *const slot = &tracker->slots[s];
        slot->pose = -1;
        for (size_t p = 0; p < result->count && slot->holder >= 0; p++) {
            if (result->poses[p].id == slot->holder)
                slot->pose = (int)p;
        }
    }
    for (size_t p = 0; p < result->count; p++) {
        const lightpose_pose *const pose = &result->poses[p];
        int placed_already = pose->id < 0;
        for (int s = 0; s < slots && !placed_already; s++)
            placed_already = tracker->slots[s].holder == pose->id;
        lp_slot *const slot = placed_already ? NULL : choose(tracker, middle_of(pose));
        if (slot) {
            slot->holder = pose->id;
            slot->pose = (int)p;
            slot->placed = tracker->settled ? slot->placed : 0;
        }
    }
}

static void sort_by_x(lightpose_tracker *tracker, const lightpose_result *result) {
    const int slots = tracker->settings.expect_people;
    lp_slot sorted[LP_TRACK_MAX_SLOTS];

    for (int s = 0; s < slots; s++) {
        const int pose = tracker->slots[s].pose;
        tracker->order[s] = (lp_ranked){.rank = pose >= 0 ? -middle_of(&result->poses[pose]).x : -INFINITY, .index = s};
    }
    lp_sort_ranked(tracker->order, slots);
    for (int s = 0; s < slots; s++)
        sorted[s] = tracker->slots[tracker->order[s].index];
    /* cppcheck-suppress uninitvar; all `slots` are set, and there is at least one */
    memcpy(tracker->slots, sorted, (size_t)slots * sizeof *sorted);
}

/* Updates the usual places and, until the slots settle, their order. */
static void settle(lightpose_tracker *tracker, const lightpose_result *result) {
    const int slots = tracker->settings.expect_people;
    int taken = 0;

    for (int s = 0; s < slots; s++) {
        lp_slot *const slot = &tracker->slots[s];
        if (slot->pose < 0)
            continue;
        const middle at = middle_of(&result->poses[slot->pose]);
        const double gain = slot->placed ? tracker->step / (place_s + tracker->step) : 1;
        slot->x += gain * (at.x - slot->x);
        slot->y += gain * (at.y - slot->y);
        slot->placed = 1;
        taken++;
    }
    if (tracker->settled)
        return;
    if (tracker->settings.order == LIGHTPOSE_ORDER_X)
        sort_by_x(tracker, result);
    tracker->together = taken == slots ? tracker->together + 1 : 0;
    tracker->settled = tracker->together >= tracker->settings.confirm_frames;
}

void lp_slots_run(lightpose_tracker *tracker, lightpose_result *result) {
    const int slots = tracker->settings.expect_people;

    fill_slots(tracker, result);
    settle(tracker, result);
    for (int s = 0; s < slots; s++) {
        const int pose = tracker->slots[s].pose;
        tracker->poses[s] = pose >= 0 ? result->poses[pose] : (lightpose_pose){0};
        tracker->poses[s].id = s;
    }
    for (int s = 0; s < slots; s++)
        result->poses[s] = tracker->poses[s];
    result->count = (size_t)slots;
}
