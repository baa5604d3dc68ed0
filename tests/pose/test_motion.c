/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What is remembered of one person, and what those in sight tell about those who are not. */

#include "pose/track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "scene.h"

static lp_body body_at(double x, double y) {
    lp_body body;

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        body.x[k] = x + 200 * scene_stance[k][0];
        body.y[k] = y + 200 * scene_stance[k][1];
        body.weight[k] = 0.5;
    }
    lp_body_measure_box(&body);
    return body;
}

/* Someone who walks at 50, 20 pixels a second, seen for so many frames. */
static lp_track walker(int frames, double step) {
    lp_track track;
    const lp_body first = body_at(0, 0);

    lp_track_start(&track, &first, 0);
    for (int frame = 1; frame < frames; frame++) {
        const lp_body body = body_at(50 * step * frame, 20 * step * frame);
        lp_track_learn(&track, &body, step * frame);
    }
    return track;
}

static void a_walker_is_expected_ahead(void **state) {
    (void)state;
    lp_track track = walker(60, 0.04);
    const double now = 59 * 0.04;

    assert_near(track.vx, 50, 0.6);
    assert_near(track.vy, 20, 0.3);
    const lp_expectation next = lp_track_expect(&track, now + 0.04);
    assert_near(next.dx, 2, 0.05);
    assert_near(next.dy, 0.8, 0.02);
    /* Unseen for a second, frame by frame: slower and slower, and less certain all the time. */
    double certainty = next.certainty;
    for (int frame = 1; frame < 25; frame++) {
        lp_track_miss(&track, now + 0.04 * frame);
        const lp_expectation later = lp_track_expect(&track, now + 0.04 * (frame + 1));
        assert_true(later.certainty < certainty && later.certainty > 0);
        certainty = later.certainty;
    }
    const lp_expectation later = lp_track_expect(&track, now + 1);
    const double travelled = track.body.x[1] + later.dx - 50 * now;
    const double slower = 4 / 4.04; /* a frame, of a horizon of 4 s */
    assert_near(travelled, 2 * slower * (1 - pow(slower, 25)) / (1 - slower), 0.6);
    assert_near(track.vx, 50 * pow(slower, 24), 0.5);
    assert_near(track.vy, 20 * pow(slower, 24), 0.2);
    /* 0.3 sizes a second of uncertainty, and what little is left of 1 for new people. */
    assert_near(sqrt(later.variance / later.area), 0.3, 0.06);
}

static void the_rate_of_frames_matters_little(void **state) {
    (void)state;
    const lp_track slow = walker(21, 0.1), fast = walker(101, 0.02);

    assert_near(slow.vx, 50, 1.5);
    assert_near(fast.vx, 50, 1.5);
    assert_near(slow.body.x[1], fast.body.x[1], 1e-9);
}

/* A keypoint that is not seen goes along with the others, and counts less and less: 0.5 / 1.04^25 after a second. */
static void a_missing_keypoint_is_carried_along(void **state) {
    (void)state;
    lp_track track = walker(30, 0.04);

    for (int frame = 30; frame < 55; frame++) {
        lp_body body = body_at(2 * frame, 0.8 * frame);
        body.weight[4] = 0;
        body.x[4] = body.y[4] = 0;
        lp_track_learn(&track, &body, 0.04 * frame);
    }
    assert_near(track.body.x[4], 2 * 54 + 200 * scene_stance[4][0], 1e-9);
    assert_near(track.body.y[4], 0.8 * 54 + 200 * scene_stance[4][1], 1e-9);
    assert_near(track.body.weight[4], 0.5 * pow(1.04, -25), 1e-12);
    assert_near(track.body.weight[5], 0.5, 0);
}

/* One keypoint that jumps to someone else hardly moves the body. */
static void a_keypoint_gone_astray_counts_little(void **state) {
    (void)state;
    lp_track track = walker(30, 0.04);

    for (int frame = 30; frame < 35; frame++) {
        lp_body body = body_at(2 * frame, 0.8 * frame);
        body.x[7] += 60;
        lp_track_learn(&track, &body, 0.04 * frame);
        assert_near(track.vx, 50, 8);
    }
}

/* The area of a part of someone is not taken for theirs at once. */
static void a_part_leaves_the_size(void **state) {
    (void)state;
    lp_track track = walker(30, 0.04);
    const double area = track.area;
    lp_body part = body_at(60, 24);

    for (int k = 3; k < LIGHTPOSE_KEYPOINTS; k++)
        part.weight[k] = 0;
    lp_body_measure_box(&part);
    assert_true(lp_body_area(&part) < area / 5);
    lp_track_learn(&track, &part, 1.2);
    assert_near(track.area, area / (1 + 0.04 / 5), 1e-6);
}

enum { UNSEEN = 5, PEOPLE = 7 };

/* Five in sight with these offsets and changes of speed in x; two out of sight, at rest at 0. */
static void make_people(lp_track *tracks, const double *off, const double *gain) {
    const lp_body body = body_at(0, 0);

    for (int t = 0; t < PEOPLE; t++) {
        lp_track_start(&tracks[t], &body, 0);
        tracks[t].id = t;
        tracks[t].pose = t < UNSEEN ? t : -1;
        tracks[t].last_pose = tracks[t].pose;
        tracks[t].off_x = t < UNSEEN ? off[t] : 1000;
        tracks[t].gain_vx = t < UNSEEN ? gain[t] : 1000;
    }
}

static void those_in_sight_tell_the_sway(void **state) {
    (void)state;
    static const double off[] = {7, 300, 5, 6, -2};
    static const double alike[] = {10, 11, 9, 14.9, -50}, unlike[] = {10, 11, 9, 15.1, -50};
    lp_track tracks[PEOPLE];

    make_people(tracks, off, alike);
    lp_track_compensate_camera(tracks, PEOPLE);
    for (int t = 0; t < PEOPLE; t++) {
        assert_near(tracks[t].body.x[1], t < UNSEEN ? 0 : 6, 0);
        assert_near(tracks[t].vx, t < UNSEEN ? 0 : 10, 0);
    }
    /* Three of five agree: they walk faster, the camera stands still. */
    make_people(tracks, off, unlike);
    lp_track_compensate_camera(tracks, PEOPLE);
    assert_near(tracks[UNSEEN].body.x[1], 6, 0);
    assert_near(tracks[UNSEEN].vx, 0, 0);
}

/* Someone who was out of sight until now, or is not confirmed, tells nothing: how far they are off is their own. */
static void newcomers_tell_nothing(void **state) {
    (void)state;
    static const double off[] = {7, 300, 5, 6, -2}, gain[] = {10, 10, 10, 10, 10};
    lp_track tracks[PEOPLE];

    make_people(tracks, off, gain);
    tracks[1].last_pose = -1;
    tracks[4].id = -1;
    lp_track_compensate_camera(tracks, PEOPLE);
    assert_near(tracks[UNSEEN].body.x[1], 6, 0); /* the middle of 5, 6, 7 */
    assert_near(tracks[UNSEEN].vx, 0, 0);        /* three are too few for a velocity */
    make_people(tracks, off, gain);
    tracks[1].last_pose = tracks[4].last_pose = tracks[0].last_pose = -1;
    lp_track_compensate_camera(tracks, PEOPLE);
    assert_near(tracks[UNSEEN].body.x[1], 0, 0); /* and two for anything */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walker_is_expected_ahead),
        cmocka_unit_test(the_rate_of_frames_matters_little),
        cmocka_unit_test(a_missing_keypoint_is_carried_along),
        cmocka_unit_test(a_keypoint_gone_astray_counts_little),
        cmocka_unit_test(a_part_leaves_the_size),
        cmocka_unit_test(those_in_sight_tell_the_sway),
        cmocka_unit_test(newcomers_tell_nothing),
    };
    return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
