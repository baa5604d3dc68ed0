/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A camera that moves moves everyone. People in sight are followed by their velocity; those out of sight need to be
 * told.
 *
 * - Place: the median, over those found in this frame and the last, of how far they are from where they were expected.
 *   Taken from least_people on: fewer could all be turning round.
 * - Velocity: the median of how much theirs changed. It is the camera's only where they agree: of at least
 *   coherent_people, a share of coherent_share within half of the median's size around it. Otherwise it is people
 *   who speed up and slow down, each as they like, and taking it would carry off those who stand still. */

#include "pose/sway.h"

static const size_t least_people = 3;
static const size_t coherent_people = 4;
static const double coherent_share = 0.8;

typedef struct series {
    double values[LP_SWAY_MAX_PEOPLE];
    size_t count;
} series;

/* Keeps the values in ascending order. */
static void insert(series *s, double value) {
    size_t place = s->count++;

    for (; place > 0 && s->values[place - 1] > value; place--)
        s->values[place] = s->values[place - 1];
    s->values[place] = value;
}

static double median(const series *s) {
    return (s->values[(s->count - 1) / 2] + s->values[s->count / 2]) / 2;
}

static double squared(double value) {
    return value * value;
}

static int tells(const lp_track *track) {
    return track->pose >= 0 && track->last_pose >= 0 && track->id >= 0;
}

void lp_sway(lp_track *tracks, size_t count) {
    series x = {.count = 0}, y = {.count = 0}, vx = {.count = 0}, vy = {.count = 0};
    size_t alike = 0;

    for (size_t t = 0; t < count; t++) {
        if (!tells(&tracks[t]))
            continue;
        insert(&x, tracks[t].off_x);
        insert(&y, tracks[t].off_y);
        insert(&vx, tracks[t].gain_vx);
        insert(&vy, tracks[t].gain_vy);
    }
    if (x.count < least_people)
        return;
    const double dx = median(&x), dy = median(&y), dvx = median(&vx), dvy = median(&vy);
    for (size_t t = 0; t < count; t++) {
        if (tells(&tracks[t]))
            alike += squared(tracks[t].gain_vx - dvx) + squared(tracks[t].gain_vy - dvy) <
                     (squared(dvx) + squared(dvy)) / 4; /* within half */
    }
    const int coherent = x.count >= coherent_people && (double)alike >= coherent_share * (double)x.count;
    for (size_t t = 0; t < count; t++) {
        if (tracks[t].pose < 0)
            lp_track_shift(&tracks[t], dx, dy, coherent ? dvx : 0, coherent ? dvy : 0);
    }
}
