/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The default assignment, smoothing, times, limits and failures of the tracker, by small cases. Whole streets are in
 * test_track_scene.c, seats in test_track_seats.c. */

#include "base/mem.h"
#include "pose/track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "stage.h"

static void an_id_lasts_while_the_person_is_remembered(void **state) {
    (void)state;
    stage s;
    lightpose_tracker_settings settings;

    lightpose_tracker_settings_default(&settings);
    settings.keep_seconds = 2;
    stage_open(&s, &settings);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 0);
    stage_expect(&s, 1, 0);
    stage_frame(&s, 1.0); /* nobody */
    stage_frame(&s, 1.9);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 2.05); /* unseen for more than 2 s, but nobody noticed: the last frame was within */
    stage_expect(&s, 1, 0);
    stage_frame(&s, 4.1);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 4.2); /* forgotten at 4.1 */
    stage_expect(&s, 1, -1);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 4.3);
    stage_expect(&s, 1, 1); /* never 0 again */
    stage_close(&s);
}

static void the_people_of_the_last_frame_are_always_remembered(void **state) {
    (void)state;
    stage s;
    lightpose_tracker_settings settings;

    lightpose_tracker_settings_default(&settings);
    settings.keep_seconds = 0;
    stage_open(&s, &settings);
    for (int frame = 0; frame < 5; frame++) {
        stage_add(&s, 100, 100, 100);
        stage_frame(&s, 3.0 * frame);
        stage_expect(&s, 1, 0);
    }
    stage_frame(&s, 15);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 15.1);
    stage_expect(&s, 1, -1);
    stage_close(&s);
}

static void strangers_are_confirmed(void **state) {
    (void)state;
    stage s;
    lightpose_tracker_settings settings;

    lightpose_tracker_settings_default(&settings);
    settings.confirm_frames = 3;
    stage_open(&s, &settings);
    for (int frame = 0; frame < 8; frame++) {
        stage_add(&s, 100, 100, 100);
        if (frame == 1 || frame == 2) /* one frame too few */
            stage_add(&s, 500, 100, 100);
        if (frame >= 4)
            stage_add(&s, 900, 100, 100);
        stage_frame(&s, 0.04 * frame);
        if (frame == 1 || frame == 2)
            stage_expect(&s, 2, 0, -1);
        else if (frame == 4 || frame == 5)
            stage_expect(&s, 2, 0, -1);
        else if (frame >= 6)
            stage_expect(&s, 2, 0, 1); /* the ghost took no id */
        else
            stage_expect(&s, 1, 0);
    }
    stage_close(&s);

    settings.confirm_frames = 1;
    stage_open(&s, &settings);
    stage_frame(&s, 0);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 0.1);
    stage_expect(&s, 1, 0);
    stage_close(&s);
}

/* Where the greedy reference leaves the second pose with nothing, both keep their ids. */
static void the_best_for_all_is_taken(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    stage_add(&s, 100, 100, 100);
    stage_add(&s, 116, 100, 100);
    stage_frame(&s, 0);
    stage_expect(&s, 2, 0, 1);
    stage_add(&s, 107, 100, 100); /* nearer to 0 */
    stage_add(&s, 91, 100, 100);  /* near 0, far from 1 */
    stage_frame(&s, 0.1);
    stage_expect(&s, 2, 1, 0);
    stage_close(&s);
}

/* Two people of the same size walk through each other, both unseen for ten frames. */
static void motion_carries_ids_across_a_crossing(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 60; frame++) {
        const int hidden = frame >= 25 && frame < 35;
        if (!hidden) {
            stage_add(&s, 100 + 8 * frame, 100, 200);
            stage_add(&s, 572 - 8 * frame, 104, 200);
        }
        stage_frame(&s, frame / 30.0);
        if (hidden)
            stage_expect(&s, 0);
        else
            stage_expect(&s, 2, 0, 1);
    }
    stage_close(&s);
}

static void a_second_pose_on_a_person_gets_no_id(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 4; frame++) {
        stage_add(&s, 100, 100, 200);
        if (frame == 1 || frame == 2) {
            stage_add(&s, 103, 98, 200);  /* a double */
            for (int k = 8; k <= 13; k++) /* and a part: the legs alone */
                stage_put(&s, 1, k, 0, 0, LIGHTPOSE_MISSING);
        }
        if (frame == 2) {
            for (int k = 8; k <= 13; k++)
                stage_put(&s, 0, k, 0, 0, LIGHTPOSE_MISSING);
        }
        stage_frame(&s, 0.04 * frame);
        if (frame == 1 || frame == 2)
            stage_expect(&s, 2, 0, -1);
        else
            stage_expect(&s, 1, 0);
    }
    stage_close(&s);
}

/* The legs, which the second frame shows apart, belong to someone remembered with legs. */
static void a_part_of_a_person_gets_no_id(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    stage_add(&s, 100, 100, 200);
    stage_frame(&s, 0);
    stage_expect(&s, 1, 0);
    for (int frame = 1; frame < 6; frame++) {
        stage_add(&s, 100, 100, 200);
        stage_add(&s, 100, 100, 200);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            stage_put(&s, k >= 8 && k <= 13 ? 0 : 1, k, 0, 0, LIGHTPOSE_MISSING);
        stage_frame(&s, 0.04 * frame);
        stage_expect(&s, 2, 0, -1);
    }
    stage_close(&s);
}

/* Someone stands close to another and is not seen; a second pose on the other does not pass for them. */
static void a_second_pose_does_not_pass_for_someone_unseen(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 20; frame++) {
        const int hidden = frame >= 5 && frame < 12;
        stage_add(&s, 100, 100, 200);
        if (hidden)
            stage_add(&s, 106, 100, 200);
        else
            stage_add(&s, 130, 100, 200);
        stage_frame(&s, 0.04 * frame);
        stage_expect(&s, 2, 0, hidden ? -1 : 1);
    }
    stage_close(&s);
}

/* The camera swings by half a picture while one of five people is hidden. */
static void those_unseen_move_with_the_camera(void **state) {
    (void)state;
    static const int places[] = {300, 600, 1200, 1500, 900};
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 40; frame++) {
        const double pan = frame < 10 ? 0 : fmin(20.0 * (frame - 10), 300);
        const int hidden = frame >= 8 && frame < 30;
        for (int p = 0; p < (hidden ? 4 : 5); p++)
            stage_add(&s, places[p] + pan, 100, 150);
        stage_frame(&s, 0.04 * frame);
        if (hidden)
            stage_expect(&s, 4, 0, 1, 2, 3);
        else
            stage_expect(&s, 5, 0, 1, 2, 3, 4);
    }
    stage_close(&s);
}

/* Of two who fit a pose alike, the one seen last is taken. */
static void the_one_seen_last_is_taken(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    stage_add(&s, 100, 100, 200);
    stage_add(&s, 140, 100, 200);
    stage_frame(&s, 0);
    stage_expect(&s, 2, 0, 1);
    for (int frame = 1; frame < 12; frame++) {
        stage_add(&s, 140, 100, 200);
        stage_frame(&s, 0.04 * frame);
        stage_expect(&s, 1, 1);
    }
    stage_add(&s, 120, 100, 200);
    stage_frame(&s, 0.48);
    stage_expect(&s, 1, 1);
    stage_close(&s);
}

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

static void times_that_stumble_do_no_harm(void **state) {
    (void)state;
    static const double times[] = {0, 0, 0, 5, 5, 4.99, 5.02, 4.5, 5.1};
    stage s;

    stage_open(&s, NULL);
    for (size_t frame = 0; frame < sizeof times / sizeof *times; frame++) {
        stage_add(&s, 100 + (int)frame, 100, 100);
        stage_frame(&s, times[frame]);
        stage_expect(&s, 1, 0);
    }
    stage_close(&s);
}

/* Times that all repeat count as frames at 30 Hz: the smoothed keypoints are those of such a stream. */
static void repeated_times_count_as_steps(void **state) {
    (void)state;
    stage still, even;

    stage_open(&still, NULL);
    stage_open(&even, NULL);
    for (int frame = 0; frame < 10; frame++) {
        stage_add(&still, 100 + 7 * frame, 100, 100);
        stage_add(&even, 100 + 7 * frame, 100, 100);
        stage_frame(&still, 42);
        stage_frame(&even, 3 + frame / 30.0);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            assert_near(still.poses[0].keypoints[k].x, even.poses[0].keypoints[k].x, 1e-3);
        stage_expect(&still, 1, 0);
        stage_expect(&even, 1, 0);
    }
    stage_close(&still);
    stage_close(&even);
}

static void a_stream_begun_again_is_a_new_one(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 10);
    stage_expect(&s, 1, 0);
    stage_add(&s, 103, 100, 100);
    stage_frame(&s, 9);
    assert_near(s.poses[0].keypoints[1].x, 103, 0); /* the filters too */
    stage_expect(&s, 1, 1);                         /* at once: the first frame of the stream */
    stage_close(&s);
}

static void the_time_must_be_finite(void **state) {
    (void)state;
    static const double times[] = {NAN, INFINITY, -INFINITY};
    stage s;
    lightpose_error error = {0};

    stage_open(&s, NULL);
    for (size_t i = 0; i < 3; i++) {
        stage_add(&s, 100, 100, 100);
        error.status = LIGHTPOSE_OK;
        assert_int_equal(lightpose_tracker_update(s.tracker, times[i], &s.result, &error), LIGHTPOSE_ERROR_ARGUMENT);
        assert_non_null(strstr(error.text, "time_seconds"));
        assert_int_equal(s.result.count, 0);
    }
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 1);
    stage_expect(&s, 1, 0);
    stage_close(&s);
}

static void null_arguments_are_refused(void **state) {
    (void)state;
    stage s;
    lightpose_tracker *none = NULL;

    stage_open(&s, NULL);
    stage_add(&s, 100, 100, 100);
    assert_int_equal(lightpose_tracker_update(NULL, 0, &s.result, NULL), LIGHTPOSE_ERROR_ARGUMENT);
    assert_int_equal(s.result.count, 0);
    assert_int_equal(lightpose_tracker_update(s.tracker, 0, NULL, NULL), LIGHTPOSE_ERROR_ARGUMENT);
    assert_int_equal(lightpose_tracker_open(NULL, NULL, NULL), LIGHTPOSE_ERROR_ARGUMENT);
    lightpose_tracker_close(NULL);
    lightpose_tracker_close(&none);
    lightpose_tracker_settings_default(NULL);
    stage_close(&s);
    assert_null(s.tracker);
}

typedef struct bad_setting {
    const char *name;
    size_t offset;
    int is_int;
    double value;
} bad_setting;

static void every_setting_has_its_range(void **state) {
    (void)state;
#define BAD(member, is_int, value)                                                                                     \
    { #member, offsetof(lightpose_tracker_settings, member), is_int, value }
    static const bad_setting bad[] = {
        BAD(assignment, 1, -1),
        BAD(assignment, 1, 2),
        BAD(keep_seconds, 0, -0.1),
        BAD(keep_seconds, 0, 3601),
        BAD(keep_seconds, 0, NAN),
        BAD(min_similarity, 0, -0.1),
        BAD(min_similarity, 0, 1.1),
        BAD(min_similarity, 0, NAN),
        BAD(confirm_frames, 1, 0),
        BAD(confirm_frames, 1, 101),
        BAD(order, 1, -1),
        BAD(order, 1, 2),
        BAD(expect_people, 1, -1),
        BAD(expect_people, 1, 65),
        BAD(smooth, 1, -1),
        BAD(smooth, 1, 2),
        BAD(smooth_min_cutoff, 0, 0),
        BAD(smooth_min_cutoff, 0, INFINITY),
        BAD(smooth_beta, 0, -1),
        BAD(smooth_beta, 0, 1001),
        BAD(smooth_derivative_cutoff, 0, 0),
        BAD(smooth_derivative_cutoff, 0, NAN),
        BAD(reserved, 1, 1),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lightpose_tracker_settings settings;
        lightpose_error error = {0};
        lightpose_tracker *tracker = (lightpose_tracker *)&settings;
        lightpose_tracker_settings_default(&settings);
        if (bad[i].is_int)
            *(int *)((char *)&settings + bad[i].offset) = (int)bad[i].value;
        else
            *(float *)((char *)&settings + bad[i].offset) = (float)bad[i].value;
        assert_int_equal(lightpose_tracker_open(&tracker, &settings, &error), LIGHTPOSE_ERROR_ARGUMENT);
        assert_int_equal(error.status, LIGHTPOSE_ERROR_ARGUMENT);
        assert_non_null(strstr(error.text, bad[i].name));
        assert_null(tracker);
    }
    lightpose_tracker_settings settings;
    lightpose_tracker *tracker;
    lightpose_tracker_settings_default(&settings);
    settings.expect_people = 2;
    settings.assignment = LIGHTPOSE_ASSIGNMENT_REFERENCE;
    assert_int_equal(lightpose_tracker_open(&tracker, &settings, NULL), LIGHTPOSE_ERROR_ARGUMENT);
}

static void the_defaults_are_the_documented_ones(void **state) {
    (void)state;
    lightpose_tracker_settings s;

    memset(&s, 0xa5, sizeof s);
    lightpose_tracker_settings_default(&s);
    assert_int_equal(s.assignment, LIGHTPOSE_ASSIGNMENT_DEFAULT);
    assert_int_equal(s.order, LIGHTPOSE_ORDER_RANK);
    assert_int_equal(s.confirm_frames, 2);
    assert_int_equal(s.expect_people, 0);
    assert_int_equal(s.smooth, 1);
    assert_near(s.keep_seconds, 1.5, 0);
    assert_near(s.min_similarity, 0.1f, 0);
    assert_near(s.smooth_min_cutoff, 1, 0);
    assert_near(s.smooth_beta, 0.05f, 0);
    assert_near(s.smooth_derivative_cutoff, 1, 0);
    for (size_t i = 0; i < sizeof s.reserved / sizeof *s.reserved; i++)
        assert_int_equal(s.reserved[i], 0);
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
        lightpose_tracker_settings_default(&settings);
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

static void smoothing_can_be_off(void **state) {
    (void)state;
    stage s;
    lightpose_tracker_settings settings;

    lightpose_tracker_settings_default(&settings);
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

/* Whatever comes in: finite positions stay finite, ids are unique in a frame. */
static void odd_poses_do_no_harm(void **state) {
    (void)state;
    static const float odd[] = {0, -0.0f, 1e-38f, 3e38f, -3e38f, INFINITY, -INFINITY, NAN, 100};
    enum { ODD = sizeof odd / sizeof *odd };
    static const double steps[] = {1e-300, 1e-4, 0.04, 1e5};
    uint64_t random = 21;
    stage s;

    stage_open(&s, NULL);
    double time = 0;
    for (int frame = 0; frame < 3000; frame++) {
        const int count = (int)(scene_random(&random) * 5);
        float before[8][LIGHTPOSE_KEYPOINTS];
        for (int p = 0; p < count; p++) {
            stage_add(&s, 100 * p, 100, 100);
            for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
                if (scene_random(&random) < 0.3)
                    stage_put(&s, p, k, odd[(int)(scene_random(&random) * ODD)],
                              odd[(int)(scene_random(&random) * ODD)], (int)(scene_random(&random) * 3));
                if (scene_random(&random) < 0.1)
                    s.poses[p].keypoints[k].score = odd[(int)(scene_random(&random) * ODD)];
                before[p][k] = s.poses[p].keypoints[k].x;
            }
        }
        time += steps[(int)(scene_random(&random) * 4)];
        stage_frame(&s, time);
        assert_int_equal(s.result.count, count);
        for (int p = 0; p < count; p++) {
            for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
                assert_int_equal(isfinite(s.poses[p].keypoints[k].x), isfinite(before[p][k]));
            for (int q = 0; q < p; q++)
                assert_true(s.poses[p].id < 0 || s.poses[p].id != s.poses[q].id);
        }
        s.result.count = 0;
    }
    stage_close(&s);
}

/* A decoder's scores can be anything, and a caller's transform can throw a keypoint to infinity: the rest of the person
 * is followed all the same, and so is a neighbour. */
static void odd_keypoints_do_not_lose_the_person(void **state) {
    (void)state;
    static const float scores[] = {0, -1, 1e30f, NAN, 0.5f};
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 20; frame++) {
        stage_add(&s, 100 + 4 * frame, 100, 150);
        stage_add(&s, 500 - 4 * frame, 100, 150);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            s.poses[0].keypoints[k].score = scores[frame % 5];
        s.poses[1].keypoints[frame % 18].x = frame % 2 ? INFINITY : NAN;
        s.poses[1].keypoints[(frame + 7) % 18].y = -INFINITY;
        stage_frame(&s, 0.04 * frame);
        assert_true(isfinite(s.poses[0].box.x) && isfinite(s.poses[0].box.width));
        stage_expect(&s, 2, 0, 1);
    }
    stage_close(&s);
}

static void poses_without_keypoints_get_no_id(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 4; frame++) {
        s.poses[s.result.count++] = (lightpose_pose){.id = 77};
        stage_frame(&s, frame);
        stage_expect(&s, 1, -1);
    }
    stage_close(&s);
}

/* Beyond 256 poses there are no ids, and beyond 512 people no memory; nothing grows without bound. */
static void a_flood_is_bounded(void **state) {
    (void)state;
    enum { FLOOD = 400 };
    lightpose_tracker_settings settings;
    stage s;
    uint64_t random = 4;

    lightpose_tracker_settings_default(&settings);
    settings.confirm_frames = 1;
    settings.keep_seconds = 3600;
    stage_open(&s, &settings);
    for (int frame = 0; frame < 8; frame++) {
        for (int p = 0; p < FLOOD; p++)
            stage_add(&s, (int)(1e6 * scene_random(&random)), (int)(1e6 * scene_random(&random)), 50);
        stage_frame(&s, 0.1 * frame);
        for (int p = 0; p < FLOOD; p++)
            assert_int_equal(s.poses[p].id, p < LP_TRACK_MAX_POSES ? frame * LP_TRACK_MAX_POSES + p : -1);
        assert_in_range(s.tracker->count, 256, LP_TRACK_MAX_PEOPLE);
        s.result.count = 0;
    }
    stage_close(&s);
}

static void a_busy_frame(stage *s, int frame) {
    for (int p = 0; p < 6; p++) {
        if ((frame + p) % 5 != 0)
            stage_add(s, 120 * p + 3 * frame, 100 + 2 * p, 90);
    }
    if (frame % 7 == 3)
        stage_add(s, 1200, 300, 60);
}

static void nothing_is_allocated_after_warm_up(void **state) {
    (void)state;
    for (int assignment = 0; assignment < 2; assignment++) {
        lightpose_tracker_settings settings;
        stage s;
        lightpose_tracker_settings_default(&settings);
        settings.assignment = (lightpose_assignment)assignment;
        settings.order = LIGHTPOSE_ORDER_X;
        settings.expect_people = assignment ? 0 : 7;
        stage_open(&s, &settings);
        int64_t allocations = 0;
        for (int frame = 0; frame < 400; frame++) {
            if (frame == 100)
                allocations = lp_mem_count();
            a_busy_frame(&s, frame);
            stage_frame(&s, 0.04 * frame);
            s.result.count = 0;
        }
        assert_int_equal(lp_mem_count(), allocations);
        stage_close(&s);
    }
}

/* Every allocation fails once: the result is empty, and the tracker goes on as if the call had not been made. */
static void failing_allocations_change_nothing(void **state) {
    (void)state;
    int failures = 0;

    for (int nth = 1; nth < 40; nth++) {
        stage s, twin;
        stage_open(&s, NULL);
        stage_open(&twin, NULL);
        for (int frame = 0; frame < 30; frame++) {
            lightpose_error error = {0};
            a_busy_frame(&s, frame);
            a_busy_frame(&twin, frame);
            if (frame == 0 || frame == 9) {
                lp_mem_fail_at(nth);
                const size_t count = s.result.count;
                const lightpose_status status = lightpose_tracker_update(s.tracker, 0.04 * frame, &s.result, &error);
                lp_mem_fail_at(0);
                if (status != LIGHTPOSE_OK) {
                    failures++;
                    assert_int_equal(status, LIGHTPOSE_ERROR_MEMORY);
                    assert_int_equal(error.status, LIGHTPOSE_ERROR_MEMORY);
                    assert_int_equal(s.result.count, 0);
                    s.result.count = count;
                    stage_frame(&s, 0.04 * frame);
                }
            } else {
                stage_frame(&s, 0.04 * frame);
            }
            stage_frame(&twin, 0.04 * frame);
            assert_int_equal(s.result.count, twin.result.count);
            assert_memory_equal(s.poses, twin.poses, s.result.count * sizeof *s.poses);
            s.result.count = twin.result.count = 0;
        }
        stage_close(&s);
        stage_close(&twin);
    }
    assert_true(failures >= 8); /* each buffer at least once */

    lightpose_tracker *tracker = (lightpose_tracker *)&failures;
    lp_mem_fail_at(1);
    assert_int_equal(lightpose_tracker_open(&tracker, NULL, NULL), LIGHTPOSE_ERROR_MEMORY);
    lp_mem_fail_at(0);
    assert_null(tracker);
}

static void order_x_sorts_from_left_to_right(void **state) {
    (void)state;
    lightpose_tracker_settings settings;
    stage s;

    lightpose_tracker_settings_default(&settings);
    settings.order = LIGHTPOSE_ORDER_X;
    stage_open(&s, &settings);
    stage_add(&s, 500, 100, 100);
    stage_add(&s, 100, 100, 100);
    stage_add(&s, 300, 100, 100);
    s.poses[s.result.count++] = (lightpose_pose){.score = 0.5f};
    stage_frame(&s, 0);
    stage_expect(&s, 4, 1, 2, 0, -1);
    stage_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_lasts_while_the_person_is_remembered),
        cmocka_unit_test(the_people_of_the_last_frame_are_always_remembered),
        cmocka_unit_test(strangers_are_confirmed),
        cmocka_unit_test(the_best_for_all_is_taken),
        cmocka_unit_test(motion_carries_ids_across_a_crossing),
        cmocka_unit_test(a_second_pose_on_a_person_gets_no_id),
        cmocka_unit_test(a_part_of_a_person_gets_no_id),
        cmocka_unit_test(a_second_pose_does_not_pass_for_someone_unseen),
        cmocka_unit_test(those_unseen_move_with_the_camera),
        cmocka_unit_test(the_one_seen_last_is_taken),
        cmocka_unit_test(smoothing_steadies_and_follows),
        cmocka_unit_test(times_that_stumble_do_no_harm),
        cmocka_unit_test(repeated_times_count_as_steps),
        cmocka_unit_test(a_stream_begun_again_is_a_new_one),
        cmocka_unit_test(the_time_must_be_finite),
        cmocka_unit_test(null_arguments_are_refused),
        cmocka_unit_test(every_setting_has_its_range),
        cmocka_unit_test(the_defaults_are_the_documented_ones),
        cmocka_unit_test(missing_keypoints_are_left_alone),
        cmocka_unit_test(guesses_are_left_alone),
        cmocka_unit_test(a_long_gap_restarts_a_filter),
        cmocka_unit_test(the_box_follows_the_smoothed_keypoints),
        cmocka_unit_test(smoothing_can_be_off),
        cmocka_unit_test(odd_poses_do_no_harm),
        cmocka_unit_test(odd_keypoints_do_not_lose_the_person),
        cmocka_unit_test(poses_without_keypoints_get_no_id),
        cmocka_unit_test(a_flood_is_bounded),
        cmocka_unit_test(nothing_is_allocated_after_warm_up),
        cmocka_unit_test(failing_allocations_change_nothing),
        cmocka_unit_test(order_x_sorts_from_left_to_right),
    };
    return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
