/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The times of a tracker's frames: repeated, out of order, begun again, refused. */

#include "check.h"

#include <math.h>

#include "near.h"
#include "stage.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_that_stumble_do_no_harm),
        cmocka_unit_test(repeated_times_count_as_steps),
        cmocka_unit_test(a_stream_begun_again_is_a_new_one),
        cmocka_unit_test(the_time_must_be_finite),
    };
    return cmocka_run_group_tests_name("track_times", tests, NULL, NULL);
}
