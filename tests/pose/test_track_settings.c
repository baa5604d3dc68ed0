/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The tracker's settings: defaults, ranges; and arguments that are NULL. */

#include "check.h"

#include <math.h>

#include "near.h"
#include "stage.h"

static void the_defaults_are_the_documented_ones(void **state) {
    (void)state;
    lightpose_tracker_settings s;

    memset(&s, 0xa5, sizeof s);
    lightpose_tracker_settings_init(&s);
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
        lightpose_tracker_settings_init(&settings);
        if (bad[i].is_int)
            *(int *)((char *)&settings + bad[i].offset) = (int)bad[i].value;
        else
            *(float *)((char *)&settings + bad[i].offset) = (float)bad[i].value;
        assert_int_equal(lightpose_tracker_create(&tracker, &settings, &error), LIGHTPOSE_ERROR_ARGUMENT);
        assert_int_equal(error.status, LIGHTPOSE_ERROR_ARGUMENT);
        assert_non_null(strstr(error.text, bad[i].name));
        assert_null(tracker);
    }
    lightpose_tracker_settings settings;
    lightpose_tracker *tracker;
    lightpose_tracker_settings_init(&settings);
    settings.expect_people = 2;
    settings.assignment = LIGHTPOSE_ASSIGNMENT_REFERENCE;
    assert_int_equal(lightpose_tracker_create(&tracker, &settings, NULL), LIGHTPOSE_ERROR_ARGUMENT);
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
    assert_int_equal(lightpose_tracker_create(NULL, NULL, NULL), LIGHTPOSE_ERROR_ARGUMENT);
    lightpose_tracker_destroy(NULL);
    lightpose_tracker_destroy(&none);
    lightpose_tracker_settings_init(NULL);
    stage_close(&s);
    assert_null(s.tracker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_the_documented_ones),
        cmocka_unit_test(every_setting_has_its_range),
        cmocka_unit_test(null_arguments_are_refused),
    };
    return cmocka_run_group_tests_name("track_settings", tests, NULL, NULL);
}
