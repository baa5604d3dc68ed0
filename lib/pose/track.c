/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "pose/track.h"

#include <math.h>

#include "base/sort.h"
#include "pose/result.h"

/* ---- One-Euro filter --------------------------------------------------------------------------------------------- */

/* The weight of the new sample in a first-order low-pass: 1 / (1 + tau / te), tau = 1 / (2 pi cutoff). */
static double share(double cutoff, double seconds) {
    const double turn = 2 * M_PI * cutoff * seconds;
    return turn / (turn + 1);
}

void lp_one_euro_start(lp_one_euro *filter, double raw) {
    *filter = (lp_one_euro){.raw = raw, .value = raw};
}

double lp_one_euro_step(lp_one_euro *filter, const lp_one_euro_settings *settings, double raw, double seconds) {
    const double slope = (raw - filter->raw) / seconds; /* of the raw samples, as published */
    filter->slope += share(settings->derivative_cutoff, seconds) * (slope - filter->slope);
    const double cutoff = settings->min_cutoff + settings->beta * fabs(filter->slope);
    filter->value += share(cutoff, seconds) * (raw - filter->value);
    filter->raw = raw;
    return filter->value;
}

/* ---- Motion ------------------------------------------------------------------------------------------------------ */

/* The body moves rigidly with constant velocity, which decays over horizon_s while the person is unseen, because people
 * turn and stop. The velocity is an average of the displacements between frames, over velocity_s or, at first, over all
 * of them and the assumption that the person stands still. The displacement is that of the keypoints seen in both
 * frames, weighted by how well each agrees with the expectation, so that swinging limbs and keypoints that jumped to
 * another person count little.
 *
 * The uncertainty of the expected place grows with the time unseen, relative to the person's size (the root of the
 * area). It grows fastest for a new person, whose velocity is not known yet.
 *
 * The constants are not critical: half or double of each changes little for pedestrians filmed at 5 to 50 frames a
 * second. */

static const double velocity_s = 0.2;
static const double still_s = 0.05; /* weight of the assumption that a new person stands still */
static const double horizon_s = 4;
static const double drift_known = 0.3; /* sizes a second */
static const double drift_new = 1.0;   /* sizes a second */
static const double blur = 0.25;       /* sizes; the certainty at this uncertainty is 1/2 */
static const double area_s = 5;        /* about how long an area seen once is kept */
static const double fade_s = 1;        /* about how long an unseen keypoint keeps weight */

/* The remaining share, after `time`, of a value that decays over about `scale`: as in the One-Euro filter. Like
 * everything here it avoids the mathematics library, whose last digits differ between machines. */
static double left(double time, double scale) {
    return scale / (scale + time);
}

void lp_track_start(lp_track *track, const lp_body *body, double now) {
    *track = (lp_track){.id = -1, .pose = -1, .last_pose = -1, .hits = 1, .born = now, .seen = now, .at = now};
    track->body = *body;
    track->area = lp_body_area(body);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        track->filter_fed[k] = -1;
}

lp_expectation lp_track_expect(const lp_track *track, double now) {
    const double step = now - track->at;
    const double travel = step * left(step, horizon_s);
    const double drift = drift_known + (drift_new - drift_known) * left(track->seen - track->born, velocity_s);
    const double deviation = drift * (now - track->seen);
    return (lp_expectation){.dx = track->vx * travel,
                            .dy = track->vy * travel,
                            .variance = track->area * deviation * deviation,
                            .area = track->area,
                            .certainty = 1 / (1 + deviation * deviation / (blur * blur))};
}

void lp_track_shift(lp_track *track, double dx, double dy, double dvx, double dvy) {
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        track->body.x[k] += dx;
        track->body.y[k] += dy;
    }
    track->body.left += dx;
    track->body.top += dy;
    track->vx += dvx;
    track->vy += dvy;
}

void lp_track_miss(lp_track *track, double now) {
    const lp_expectation expectation = lp_track_expect(track, now);
    const double slower = left(now - track->at, horizon_s) - 1;

    lp_track_shift(track, expectation.dx, expectation.dy, slower * track->vx, slower * track->vy);
    track->at = now;
}

/* The displacement of the body since its last update. */
static void displacement(const lp_track *track, const lp_expectation *expectation, const lp_body *body, double *dx,
                         double *dy) {
    double closeness[LIGHTPOSE_KEYPOINTS];
    double sum = 0, x = 0, y = 0;

    lp_body_similarity(&track->body, expectation, body, closeness);
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        sum += closeness[k];
        x += closeness[k] * (body->x[k] - track->body.x[k]);
        y += closeness[k] * (body->y[k] - track->body.y[k]);
    }
    *dx = sum > 0 ? x / sum : expectation->dx;
    *dy = sum > 0 ? y / sum : expectation->dy;
}

void lp_track_learn(lp_track *track, const lp_body *body, double now) {
    const double gap = now - track->seen;
    const lp_expectation expectation = lp_track_expect(track, now);
    double dx, dy;

    displacement(track, &expectation, body, &dx, &dy);
    track->off_x = dx - expectation.dx;
    track->off_y = dy - expectation.dy;
    const double gain = fmax(gap / (now - track->born + still_s), 1 - left(gap, velocity_s));
    track->gain_vx = gain * track->off_x / gap;
    track->gain_vy = gain * track->off_y / gap;
    track->vx += track->gain_vx;
    track->vy += track->gain_vy;

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (body->weight[k] > 0) {
            track->body.x[k] = body->x[k];
            track->body.y[k] = body->y[k];
            track->body.weight[k] = body->weight[k];
        } else {
            track->body.x[k] += dx;
            track->body.y[k] += dy;
            track->body.weight[k] *= left(gap, fade_s);
        }
    }
    lp_body_measure_box(&track->body);
    track->area = fmax(lp_body_area(body), track->area * left(gap, area_s));
    track->seen = now;
    track->at = now;
    track->hits++;
}

void lp_track_forget_missing(lp_track *track) {
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (track->body.weight[k] == 0)
            track->filter_fed[k] = -1;
    }
}

void lp_track_smooth(lp_track *track, const lp_one_euro_settings *settings, lightpose_pose *pose, double now,
                     double step) {
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        lightpose_keypoint *const keypoint = &pose->keypoints[k];
        lp_one_euro *const filter = track->filters[k];

        if (keypoint->state != LIGHTPOSE_DETECTED || !isfinite(keypoint->x) || !isfinite(keypoint->y))
            continue;
        const double since = now - track->filter_fed[k];
        if (track->filter_fed[k] < 0 || since - step > LP_FILTER_GAP) {
            lp_one_euro_start(&filter[0], keypoint->x);
            lp_one_euro_start(&filter[1], keypoint->y);
        } else {
            keypoint->x = (float)lp_one_euro_step(&filter[0], settings, keypoint->x, since);
            keypoint->y = (float)lp_one_euro_step(&filter[1], settings, keypoint->y, since);
        }
        track->filter_fed[k] = now;
    }
    pose->box = lp_pose_box(pose);
}

/* ---- Camera motion ----------------------------------------------------------------------------------------------- */

/* A moving camera moves everyone. The velocity of people in sight includes it; for people out of sight it is estimated
 * here.
 *
 * - Place: the median offset from the expected place, over the people found in this frame and the last. It needs
 *   least_people, because fewer could all be turning round.
 * - Velocity: the median change of their velocities. It counts as the camera's only if they agree: of at least
 *   coherent_people, a share of coherent_share must be closer to the median than half its length. Otherwise people
 *   speed up and slow down independently, and the estimate would move people who stand still. */

static const int least_people = 3;
static const int coherent_people = 4;
static const double coherent_share = 0.8;

static double squared(double value) {
    return value * value;
}

static int is_comparable(const lp_track *track) {
    return track->pose >= 0 && track->last_pose >= 0 && track->id >= 0;
}

void lp_track_compensate_camera(lp_track *tracks, size_t count) {
    double x[LP_CAMERA_MAX_PEOPLE], y[LP_CAMERA_MAX_PEOPLE], vx[LP_CAMERA_MAX_PEOPLE], vy[LP_CAMERA_MAX_PEOPLE];
    int seen = 0, alike = 0;

    for (size_t t = 0; t < count; t++) {
        if (!is_comparable(&tracks[t]))
            continue;
        x[seen] = tracks[t].off_x;
        y[seen] = tracks[t].off_y;
        vx[seen] = tracks[t].gain_vx;
        vy[seen++] = tracks[t].gain_vy;
    }
    if (seen < least_people)
        return;
    const double dx = lp_median(x, seen), dy = lp_median(y, seen), dvx = lp_median(vx, seen), dvy = lp_median(vy, seen);
    for (size_t t = 0; t < count; t++) {
        if (is_comparable(&tracks[t]))
            alike += squared(tracks[t].gain_vx - dvx) + squared(tracks[t].gain_vy - dvy) <
                     (squared(dvx) + squared(dvy)) / 4; /* closer than half its length */
    }
    const int coherent = seen >= coherent_people && alike >= coherent_share * seen;
    for (size_t t = 0; t < count; t++) {
        if (tracks[t].pose < 0)
            lp_track_shift(&tracks[t], dx, dy, coherent ? dvx : 0, coherent ? dvy : 0);
    }
}
