/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The assignment `reference`, docs/algorithm.md 9, by cases worked out by hand. */

#include "pose/result.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "near.h"

enum { NECK = 1, R_SHOULDER = 2, L_SHOULDER = 5, L_ELBOW = 6, MOST = 8 };

typedef struct bench {
    lightpose_tracker *tracker;
    lightpose_pose poses[MOST];
    lightpose_result result;
    double time;
} bench;

static void start(bench *b, int smooth) {
    lightpose_tracker_settings settings;

    memset(b, 0, sizeof *b);
    b->result = (lightpose_result){.poses = b->poses, .capacity = MOST};
    lightpose_tracker_settings_init(&settings);
    settings.assignment = LIGHTPOSE_ASSIGNMENT_REFERENCE;
    settings.smooth = smooth;
    assert_int_equal(lightpose_tracker_create(&b->tracker, &settings, NULL), LIGHTPOSE_OK);
}

static void put(lightpose_pose *pose, int k, double x, double y) {
    pose->keypoint_count += pose->keypoints[k].state == LIGHTPOSE_MISSING;
    pose->keypoints[k] = (lightpose_keypoint){(float)x, (float)y, 0.5f, LIGHTPOSE_DETECTED};
}

/* Three keypoints of sigma 0.079 that span 100 x 100, so a box of 101 x 101 pixels. Similar means closer than
 * sqrt(2 ln 2 x 10201) x 2 x 0.079 = 118.9192 x 0.158 = 18.7892 pixels. */
static lightpose_pose trio(double x, double y, double score) {
    lightpose_pose pose = {.score = (float)score, .id = -1};

    put(&pose, NECK, x, y);
    put(&pose, R_SHOULDER, x + 100, y + 100);
    put(&pose, L_SHOULDER, x + 100, y);
    return pose;
}

static void add(bench *b, lightpose_pose pose) {
    b->result.poses[b->result.count++] = pose;
}

static void update(bench *b) {
    b->time += 1.0 / 30;
    assert_int_equal(lightpose_tracker_update(b->tracker, b->time, &b->result, NULL), LIGHTPOSE_OK);
}

static int id(const bench *b, int pose) {
    return (int)b->poses[pose].id;
}

/* The ids of the first poses, after which the frame is empty again. */
static void expect(bench *b, int count, int first, int second) {
    assert_int_equal(b->result.count, count);
    assert_int_equal(id(b, 0), first);
    if (count > 1)
        assert_int_equal(id(b, 1), second);
    b->result.count = 0;
}

static void new_ids_go_by_score_sum(void **state) {
    (void)state;
    bench b;

    start(&b, 0);
    add(&b, trio(0, 0, 0.3));
    add(&b, trio(500, 0, 0.6));
    update(&b);
    expect(&b, 2, 1, 0);
    /* The sum counts, not the mean: 0.4 x (4 keypoints + 3 limbs) beats 0.5 x (3 + 2). */
    add(&b, trio(0, 500, 0.5));
    add(&b, trio(500, 500, 0.4));
    put(&b.poses[1], L_ELBOW, 550, 550);
    update(&b);
    expect(&b, 2, 3, 2);
    lightpose_tracker_destroy(&b.tracker);
}

static void a_keypoint_is_similar_up_to_the_bound(void **state) {
    (void)state;
    bench b;

    start(&b, 0);
    add(&b, trio(0, 0, 0.5));
    update(&b);
    expect(&b, 1, 0, 0);
    add(&b, trio(18.78, 0, 0.5));
    update(&b);
    expect(&b, 1, 0, 0);
    add(&b, trio(18.78, 18.80, 0.5));
    update(&b);
    expect(&b, 1, 1, 0);
    lightpose_tracker_destroy(&b.tracker);
}

/* Each keypoint's sigma: with two others still, it is what makes the third similar keypoint, or does not. */
static void every_sigma_is_the_published_one(void **state) {
    (void)state;
    static const double sigma[LIGHTPOSE_KEYPOINTS] = {.026, .079, .079, .072, .062, .079, .072, .062, .107,
                                                      .087, .089, .107, .087, .089, .025, .025, .035, .035};
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        for (int beyond = 0; beyond < 2; beyond++) {
            const int a = k == NECK || k == R_SHOULDER ? L_SHOULDER : NECK;
            const int c = k == NECK || k == R_SHOULDER ? L_ELBOW : R_SHOULDER;
            const double distance = sqrt(2 * log(2) * 101 * 101) * 2 * sigma[k] + (beyond ? 0.01 : -0.01);
            bench b;
            start(&b, 0);
            for (int frame = 0; frame < 2; frame++) {
                add(&b, (lightpose_pose){.score = 0.5f});
                put(&b.poses[0], a, 0, 0);
                put(&b.poses[0], c, 100, 100);
                put(&b.poses[0], k, 20 + frame * distance, 50);
                update(&b);
                expect(&b, 1, frame && beyond ? 1 : 0, 0);
            }
            lightpose_tracker_destroy(&b.tracker);
        }
    }
}

static void the_larger_box_counts(void **state) {
    (void)state;
    bench b;

    start(&b, 0);
    add(&b, trio(0, 0, 0.5));
    update(&b);
    expect(&b, 1, 0, 0);
    /* 201 x 201 allows 37.389, 200 x 201 only 37.29; the neck moves by 30, the others by 37.35. */
    add(&b, (lightpose_pose){.score = 0.5f});
    put(&b.poses[0], NECK, -30, 0);
    put(&b.poses[0], R_SHOULDER, 100, 137.35);
    put(&b.poses[0], L_SHOULDER, 137.35, 0);
    put(&b.poses[0], L_ELBOW, 170, -62.65);
    update(&b);
    expect(&b, 1, 0, 0);
    /* The other way round: the person of before is the larger one. */
    add(&b, (lightpose_pose){.score = 0.5f});
    put(&b.poses[0], NECK, 0, 0);
    put(&b.poses[0], R_SHOULDER, 100, 100);
    put(&b.poses[0], L_SHOULDER, 100, 0);
    update(&b);
    expect(&b, 1, 0, 0);
    lightpose_tracker_destroy(&b.tracker);
}

static void two_similar_keypoints_are_too_few(void **state) {
    (void)state;
    bench b;

    start(&b, 0);
    add(&b, trio(0, 0, 0.5));
    update(&b);
    expect(&b, 1, 0, 0);
    add(&b, trio(0, 0, 0.5));
    put(&b.poses[0], L_SHOULDER, 100, 30);
    update(&b);
    expect(&b, 1, 1, 0);
    lightpose_tracker_destroy(&b.tracker);
}

static void a_person_missed_for_one_frame_is_new(void **state) {
    (void)state;
    bench b;

    start(&b, 0);
    add(&b, trio(0, 0, 0.5));
    update(&b);
    expect(&b, 1, 0, 0);
    update(&b);
    assert_int_equal(b.result.count, 0);
    add(&b, trio(0, 0, 0.5));
    update(&b);
    expect(&b, 1, 1, 0);
    lightpose_tracker_destroy(&b.tracker);
}

/* The stronger pose takes what suits it best, though the other is then left with nothing. */
static void the_stronger_takes_first(void **state) {
    (void)state;
    bench b;

    start(&b, 0);
    add(&b, trio(0, 0, 0.9)); /* id 0, with a fourth keypoint */
    put(&b.poses[0], L_ELBOW, 50, 50);
    add(&b, trio(10, 0, 0.5)); /* id 1 */
    update(&b);
    expect(&b, 2, 0, 1);
    add(&b, trio(-12, 0, 0.4)); /* similar to id 0 alone: 22 from id 1 */
    add(&b, trio(0, 0, 0.9));   /* 4 similar with id 0, 3 with id 1 */
    put(&b.poses[1], L_ELBOW, 50, 50);
    update(&b);
    expect(&b, 2, 2, 0);
    lightpose_tracker_destroy(&b.tracker);
}

static void ties_go_to_the_first_of_the_frame_before(void **state) {
    (void)state;
    bench b;

    start(&b, 0);
    add(&b, trio(0, 0, 0.4)); /* id 1 */
    add(&b, trio(4, 0, 0.8)); /* id 0 */
    update(&b);
    expect(&b, 2, 1, 0);
    add(&b, trio(4, 0, 0.5)); /* 3 similar keypoints with both */
    update(&b);
    expect(&b, 1, 1, 0);
    lightpose_tracker_destroy(&b.tracker);

    /* Equal scores are served in the result's order. */
    start(&b, 0);
    add(&b, trio(0, 0, 0.5));
    update(&b);
    expect(&b, 1, 0, 0);
    add(&b, trio(1, 0, 0.5));
    add(&b, trio(0, 0, 0.5));
    update(&b);
    expect(&b, 2, 0, 1);
    lightpose_tracker_destroy(&b.tracker);
}

/* The person of the frame before is compared as given out: smoothed. Moving 18.7 px a frame at 30 Hz, the second frame
 * comes out at 18.7 x 0.5511 = 10.3 (cutoff 1 + 0.05 x 0.1732 x 561 = 5.859 Hz), which is 27 from the third. */
static void the_smoothed_person_is_compared(void **state) {
    (void)state;
    for (int smooth = 0; smooth < 2; smooth++) {
        bench b;
        start(&b, smooth);
        for (int frame = 0; frame < 3; frame++) {
            add(&b, trio(18.7 * frame, 0, 0.5));
            update(&b);
            if (smooth && frame == 1)
                assert_near(b.poses[0].keypoints[NECK].x, 18.7 * 0.5511, 0.01);
            expect(&b, 1, smooth && frame == 2 ? 1 : 0, 0);
        }
        lightpose_tracker_destroy(&b.tracker);
    }
}

/* A keypoint that the matched pose lacked starts its filter afresh. */
static void filters_restart_where_a_keypoint_was_missing(void **state) {
    (void)state;
    bench b;

    start(&b, 1);
    for (int frame = 0; frame < 3; frame++) {
        add(&b, trio(0, 0, 0.5));
        if (frame != 1)
            put(&b.poses[0], L_ELBOW, 40 + 5 * frame, 50);
        update(&b);
        assert_near(b.poses[0].keypoints[L_ELBOW].x, frame == 1 ? 0 : 40 + 5 * frame, 0);
        expect(&b, 1, 0, 0);
    }
    add(&b, trio(0, 0, 0.5));
    put(&b.poses[0], L_ELBOW, 55, 50);
    update(&b);
    assert_true(b.poses[0].keypoints[L_ELBOW].x > 50 && b.poses[0].keypoints[L_ELBOW].x < 55);
    lightpose_tracker_destroy(&b.tracker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_ids_go_by_score_sum),
        cmocka_unit_test(a_keypoint_is_similar_up_to_the_bound),
        cmocka_unit_test(every_sigma_is_the_published_one),
        cmocka_unit_test(the_larger_box_counts),
        cmocka_unit_test(two_similar_keypoints_are_too_few),
        cmocka_unit_test(a_person_missed_for_one_frame_is_new),
        cmocka_unit_test(the_stronger_takes_first),
        cmocka_unit_test(ties_go_to_the_first_of_the_frame_before),
        cmocka_unit_test(the_smoothed_person_is_compared),
        cmocka_unit_test(filters_restart_where_a_keypoint_was_missing),
    };
    return cmocka_run_group_tests_name("track_reference", tests, NULL, NULL);
}
