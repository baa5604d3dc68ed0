/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* How the tracker compares poses. */

#include "pose/similarity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "scene.h"

static lightpose_pose person(double x, double y, double height, double score) {
    lightpose_pose pose = {0};

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        pose.keypoints[k] =
            (lightpose_keypoint){(float)(x + height * scene_stance[k][0]), (float)(y + height * scene_stance[k][1]),
                                 (float)score, LIGHTPOSE_DETECTED};
    return pose;
}

static void the_same_body_is_as_similar_as_its_weight_says(void **state) {
    (void)state;
    lightpose_pose pose = person(0, 0, 100, 0.5);
    lp_body body;

    lp_body_from_pose(&body, &pose);
    const lp_expectation here = {.area = lp_body_area(&body)};
    /* 18 keypoints of 0.5: 9 / (9 + 0.5). */
    assert_near(lp_body_similarity(&body, &here, &body, NULL), 9 / 9.5, 1e-12);
    for (int k = 3; k < LIGHTPOSE_KEYPOINTS; k++)
        pose.keypoints[k] = (lightpose_keypoint){0};
    lp_body part;
    lp_body_from_pose(&part, &pose);
    assert_near(lp_body_similarity(&body, &here, &part, NULL), 1.5 / 2, 1e-12);
    /* The lower score counts. */
    pose.keypoints[0].score = 0.1f;
    lp_body_from_pose(&part, &pose);
    assert_near(lp_body_similarity(&body, &here, &part, NULL), 1.1 / 1.6, 1e-7);
}

/* One keypoint, the neck, 2 sigma 0.158, off by d: (1 - d^2 / (16 (A 0.158^2 + variance)))^8. */
static void a_keypoint_counts_by_its_tolerance(void **state) {
    (void)state;
    lightpose_pose pose = {0};
    lp_body memory, seen;

    pose.keypoints[1] = (lightpose_keypoint){10, 20, 1, LIGHTPOSE_DETECTED};
    lp_body_from_pose(&memory, &pose);
    pose.keypoints[1].x = 26;
    pose.keypoints[1].y = 32; /* 20 away */
    lp_body_from_pose(&seen, &pose);
    const lp_expectation still = {.area = 10000};
    assert_near(lp_body_similarity(&memory, &still, &seen, NULL), pow(1 - 400 / (16 * 249.64), 8) / 1.5, 1e-12);
    const lp_expectation unsure = {.area = 10000, .variance = 150.36};
    assert_near(lp_body_similarity(&memory, &unsure, &seen, NULL), pow(15 / 16.0, 8) / 1.5, 1e-12);
    const lp_expectation moved = {.area = 10000, .dx = 16, .dy = 12};
    assert_near(lp_body_similarity(&memory, &moved, &seen, NULL), 1 / 1.5, 1e-12);
}

static void a_narrow_body_has_the_area_of_a_person(void **state) {
    (void)state;
    lp_body body = {.width = 50, .height = 100};

    assert_near(lp_body_area(&body), 5001, 0);
    body.width = 0;
    assert_near(lp_body_area(&body), 3001, 0);
    body.height = 0;
    assert_near(lp_body_area(&body), 1, 0);
}

static void missing_guessed_and_infinite_keypoints_are_left_out(void **state) {
    (void)state;
    lightpose_pose pose = person(50, 60, 100, 0.5);
    lp_body body;

    pose.keypoints[10] = (lightpose_keypoint){0};
    pose.keypoints[13] = (lightpose_keypoint){INFINITY, 7, 1, LIGHTPOSE_DETECTED};
    pose.keypoints[12].y = NAN;
    pose.keypoints[3] = (lightpose_keypoint){400, 300, 0.5f, LIGHTPOSE_COMPLETED};
    lp_body_from_pose(&body, &pose);
    assert_near(body.weight[10], 0, 0);
    assert_near(body.weight[13], 0, 0);
    assert_near(body.weight[12], 0, 0);
    assert_near(body.weight[3], 0, 0);
    assert_near(body.weight[9], 0.5, 0);
    assert_near(body.top, 47, 1e-4);
    assert_near(body.top + body.height, 116, 1e-4); /* the right knee's */
    assert_near(body.left, 34, 1e-4);
    assert_near(body.left + body.width, 66, 1e-4);
}

/* Bodies that are far apart are told so by their boxes alone; with `closeness` every keypoint is looked at. */
static void boxes_tell_nothing_else_than_keypoints(void **state) {
    (void)state;
    uint64_t random = 77;
    int apart = 0, touching = 0;

    for (int trial = 0; trial < 40000; trial++) {
        const double far = 400 * scene_random(&random);
        lightpose_pose a = person(0, 0, 100, 0.5);
        lightpose_pose b = person(far * scene_normal(&random), far * scene_normal(&random), 100, 0.5);
        lp_body memory, seen;
        double closeness[LIGHTPOSE_KEYPOINTS];
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            if (scene_random(&random) < 0.7)
                a.keypoints[k].state = LIGHTPOSE_MISSING;
            if (scene_random(&random) < 0.7)
                b.keypoints[k].state = LIGHTPOSE_MISSING;
        }
        lp_body_from_pose(&memory, &a);
        lp_body_from_pose(&seen, &b);
        const lp_expectation expectation = {.dx = 30 * scene_normal(&random),
                                            .dy = 30 * scene_normal(&random),
                                            .variance = 900 * scene_random(&random),
                                            .area = 100 + 4000 * scene_random(&random)};
        const double quick = lp_body_similarity(&memory, &expectation, &seen, NULL);
        const double thorough = lp_body_similarity(&memory, &expectation, &seen, closeness);
        assert_near(quick, thorough, 0);
        apart += thorough == 0;
        touching += thorough > 0;
    }
    assert_true(apart > 5000 && touching > 5000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_body_is_as_similar_as_its_weight_says),
        cmocka_unit_test(a_keypoint_counts_by_its_tolerance),
        cmocka_unit_test(a_narrow_body_has_the_area_of_a_person),
        cmocka_unit_test(missing_guessed_and_infinite_keypoints_are_left_out),
        cmocka_unit_test(boxes_tell_nothing_else_than_keypoints),
    };
    return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
