/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The tracker among poses that no decoder should give, floods of them, and where memory is short. */

#include "check.h"

#include <math.h>

#include "base/mem.h"
#include "stage.h"

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

/* Beyond 256 poses there are no ids, and beyond 512 people no memory; nothing grows without bound. */
static void a_flood_is_bounded(void **state) {
    (void)state;
    enum { FLOOD = 400 };
    lightpose_tracker_settings settings;
    stage s;
    uint64_t random = 4;

    lightpose_tracker_settings_init(&settings);
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
        lightpose_tracker_settings_init(&settings);
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
    assert_int_equal(lightpose_tracker_create(&tracker, NULL, NULL), LIGHTPOSE_ERROR_MEMORY);
    lp_mem_fail_at(0);
    assert_null(tracker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_poses_do_no_harm),
        cmocka_unit_test(odd_keypoints_do_not_lose_the_person),
        cmocka_unit_test(a_flood_is_bounded),
        cmocka_unit_test(nothing_is_allocated_after_warm_up),
        cmocka_unit_test(failing_allocations_change_nothing),
    };
    return cmocka_run_group_tests_name("track_hostile", tests, NULL, NULL);
}
