/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Smoothed keypoints: what moves them, what does not, and the box around them. */

#include "check.h"

#include <math.h>

#include "near.h"
#include "stage.h"

/* A person of 200 px who trembles by a pixel, seen at 25 to 50 frames a second: what is left of it; then walks, and is
 * followed at a distance of at most the stated 3.2 px. */
static void smoothing_steadies_and_follows(void **state) {
    (void)state;
    uint64_t random = 31;
    double raw = 0, left = 0, time = 0, start = 0, last[LIGHTPOSE_KEYPOINTS] = {0}, raw_last[LIGHTPOSE_KEYPOINTS] = {0};
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 900; frame++) {
        const double step = 0.02 + 0.02 * scene_random(&random);
        double truth[LIGHTPOSE_KEYPOINTS];
        time += step;
        start = frame < 600 ? time : start;
        stage_add(&s, 300 + 250 * (time - start), 100, 200);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            lightpose_keypoint *const keypoint = &s.poses[0].keypoints[k];
            if (frame < 600)
                keypoint->x += (float)scene_normal(&random);
            truth[k] = keypoint->x;
        }
        stage_frame(&s, time);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            const double smooth = s.poses[0].keypoints[k].x;
            if (frame > 0 && frame < 600) {
                raw += (truth[k] - raw_last[k]) * (truth[k] - raw_last[k]);
                left += (smooth - last[k]) * (smooth - last[k]);
            }
            if (frame > 660)
                assert_true(truth[k] - smooth > 0 && truth[k] - smooth <= 3.2);
            last[k] = smooth;
            raw_last[k] = truth[k];
        }
        stage_expect(&s, 1, 0);
    }
    assert_true(sqrt(left / raw) < 0.2);
    stage_close(&s);
}

static void smoothing_can_be_off(void **state) {
    (void)state;
    stage s;
    lightpose_tracker_settings settings;

    lightpose_tracker_settings_init(&settings);
    settings.smooth = 0;
    stage_open(&s, &settings);
    for (int frame = 0; frame < 5; frame++) {
        stage_add(&s, 100 + 9 * frame, 100, 100);
        const lightpose_pose before = s.poses[0];
        stage_frame(&s, 0.04 * frame);
        assert_memory_equal(before.keypoints, s.poses[0].keypoints, sizeof before.keypoints);
        assert_memory_equal(&before.box, &s.poses[0].box, sizeof before.box);
        stage_expect(&s, 1, 0);
    }
    stage_close(&s);
}

static void missing_keypoints_are_left_alone(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 12; frame++) {
        stage_add(&s, 100 + 3 * frame, 100, 100);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            if ((frame + k) % 3 == 0)
                stage_put(&s, 0, k, 0, 0, LIGHTPOSE_MISSING);
        }
        stage_frame(&s, 0.04 * frame);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            const lightpose_keypoint *const keypoint = &s.poses[0].keypoints[k];
            if ((frame + k) % 3 != 0) {
                /* Never drawn towards the zeros that stand for a missing keypoint. */
                assert_true(keypoint->x > 60 && keypoint->y > 60);
                continue;
            }
            assert_int_equal(keypoint->state, LIGHTPOSE_MISSING);
            assert_near(keypoint->x, 0, 0);
            assert_near(keypoint->y, 0, 0);
            assert_near(keypoint->score, 0, 0);
        }
        stage_expect(&s, 1, 0);
    }
    stage_close(&s);
}

/* A guess tells nothing of who is who, moves no filter, and stays as it is. */
static void guesses_are_left_alone(void **state) {
    (void)state;
    for (int reference = 0; reference < 2; reference++) {
        lightpose_tracker_settings settings;
        stage with, without;
        lightpose_tracker_settings_init(&settings);
        settings.assignment = reference ? LIGHTPOSE_ASSIGNMENT_REFERENCE : LIGHTPOSE_ASSIGNMENT_DEFAULT;
        stage_open(&with, &settings);
        stage_open(&without, &settings);
        for (int frame = 0; frame < 30; frame++) {
            for (int guessed = 0; guessed < 2; guessed++) {
                stage *const s = guessed ? &with : &without;
                stage_add(s, 100 + 3 * frame + 5 * (frame % 3), 100, 100);
                stage_add(s, 300 - 3 * frame, 110, 100);
                for (int k = 2; k < LIGHTPOSE_KEYPOINTS; k++)
                    if ((frame / 4 + k) % 3 == 0)
                        stage_put(s, 0, k, guessed ? 300 - 3 * frame : 0, guessed ? 7 * k : 0,
                                  guessed ? LIGHTPOSE_COMPLETED : LIGHTPOSE_MISSING);
                stage_frame(s, 0.04 * frame);
            }
            for (int p = 0; p < 2; p++) {
                const lightpose_pose *const a = &with.poses[p], *const b = &without.poses[p];
                assert_int_equal(a->id, b->id);
                assert_memory_equal(&a->box, &b->box, sizeof a->box);
                for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
                    const int guess = a->keypoints[k].state == LIGHTPOSE_COMPLETED;
                    assert_near(a->keypoints[k].x, guess ? (float)(300 - 3 * frame) : b->keypoints[k].x, 0);
                    assert_near(a->keypoints[k].y, guess ? (float)(7 * k) : b->keypoints[k].y, 0);
                }
            }
            with.result.count = without.result.count = 0;
        }
        stage_close(&with);
        stage_close(&without);
    }
}

/* A keypoint missing for up to a quarter of a second goes on where it was; after that it starts afresh. */
static void a_long_gap_restarts_a_filter(void **state) {
    (void)state;
    for (int missing = 1; missing < 20; missing++) {
        stage s;
        stage_open(&s, NULL);
        for (int frame = 0; frame <= missing + 1; frame++) {
            stage_add(&s, 100, 100, 100);
            stage_put(&s, 0, 4, frame ? 210 : 200, 160, LIGHTPOSE_DETECTED);
            if (frame > 0 && frame <= missing)
                stage_put(&s, 0, 4, 0, 0, LIGHTPOSE_MISSING);
            stage_frame(&s, 0.03 * frame);
            if (frame <= missing)
                stage_expect(&s, 1, 0);
        }
        if (missing * 0.03 > 0.25)
            assert_near(s.poses[0].keypoints[4].x, 210, 0);
        else
            assert_true(s.poses[0].keypoints[4].x > 200 && s.poses[0].keypoints[4].x < 209.9f);
        stage_expect(&s, 1, 0);
        stage_close(&s);
    }
}

static void the_box_follows_the_smoothed_keypoints(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 5; frame++) {
        float left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
        stage_add(&s, 100 + 6 * frame, 100, 100);
        stage_put(&s, 0, 16, 500, 500, LIGHTPOSE_COMPLETED); /* is no part of the box */
        stage_frame(&s, 0.04 * frame);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            if (k == 16)
                continue;
            left = fminf(left, s.poses[0].keypoints[k].x);
            right = fmaxf(right, s.poses[0].keypoints[k].x);
            top = fminf(top, s.poses[0].keypoints[k].y);
            bottom = fmaxf(bottom, s.poses[0].keypoints[k].y);
        }
        assert_near(s.poses[0].box.x, left, 0);
        assert_near(s.poses[0].box.y, top, 0);
        assert_near(s.poses[0].box.width, right - left, 1e-4);
        assert_near(s.poses[0].box.height, bottom - top, 1e-4);
        stage_expect(&s, 1, 0);
    }
    stage_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smoothing_steadies_and_follows),   cmocka_unit_test(smoothing_can_be_off),
        cmocka_unit_test(missing_keypoints_are_left_alone), cmocka_unit_test(guesses_are_left_alone),
        cmocka_unit_test(a_long_gap_restarts_a_filter),     cmocka_unit_test(the_box_follows_the_smoothed_keypoints),
    };
    return cmocka_run_group_tests_name("track_smooth", tests, NULL, NULL);
}
