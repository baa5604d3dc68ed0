/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The exported functions of the tracker: validate and call inward. */

#include <math.h>
#include <stddef.h>

#include "api.h"
#include "pose/tracker.h"

void lightpose_tracker_settings_init(lightpose_tracker_settings *settings) {
    if (!settings)
        return;
    *settings = (lightpose_tracker_settings){.keep_seconds = 1.5f,
                                             .min_similarity = 0.1f,
                                             .confirm_frames = 2,
                                             .smooth = 1,
                                             .smooth_min_cutoff = 1,
                                             .smooth_beta = 0.05f,
                                             .smooth_derivative_cutoff = 1};
}

/* A setting and its range; `open`: without the lower end. */
typedef struct number {
    const char *name;
    double value, low, high;
    int open;
} number;

static lightpose_status check(const lightpose_tracker_settings *s, lightpose_error *error) {
    const number numbers[] = {
        {"assignment", s->assignment, LIGHTPOSE_ASSIGNMENT_DEFAULT, LIGHTPOSE_ASSIGNMENT_REFERENCE, 0},
        {"keep_seconds", s->keep_seconds, 0, 3600, 0},
        {"min_similarity", s->min_similarity, 0, 1, 0},
        {"confirm_frames", s->confirm_frames, 1, 100, 0},
        {"order", s->order, LIGHTPOSE_ORDER_RANK, LIGHTPOSE_ORDER_X, 0},
        {"expect_people", s->expect_people, 0, LP_TRACK_MAX_SLOTS, 0},
        {"smooth", s->smooth, 0, 1, 0},
        {"smooth_min_cutoff", s->smooth_min_cutoff, 0, 1000, 1},
        {"smooth_beta", s->smooth_beta, 0, 1000, 0},
        {"smooth_derivative_cutoff", s->smooth_derivative_cutoff, 0, 1000, 1},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const number n = numbers[i];
        if (!(n.value >= n.low && n.value <= n.high) || (n.open && n.value == n.low))
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "tracker setting %s is %g, must be %s %g and at most %g",
                           n.name, n.value, n.open ? "above" : "at least", n.low, n.high);
    }
    for (size_t i = 0; i < sizeof s->reserved / sizeof *s->reserved; i++) {
        if (s->reserved[i] != 0)
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "tracker setting reserved[%zu] is %d, must be 0", i,
                           s->reserved[i]);
    }
    if (s->expect_people > 0 && s->assignment == LIGHTPOSE_ASSIGNMENT_REFERENCE)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "tracker setting expect_people is %d with the reference assignment, which forgets people; it "
                       "needs the default assignment",
                       s->expect_people);
    return LIGHTPOSE_OK;
}

lightpose_status lightpose_tracker_create(lightpose_tracker **tracker, const lightpose_tracker_settings *settings,
                                          lightpose_error *error) {
    lightpose_tracker_settings defaults;

    ENTER(error);
    NEED(tracker, error);
    *tracker = NULL;
    lightpose_tracker_settings_init(&defaults);
    LP_TRY(check(settings ? settings : &defaults, error));
    return lp_tracker_create(tracker, settings ? settings : &defaults, error);
}

void lightpose_tracker_reset(lightpose_tracker *tracker) {
    if (tracker)
        lp_tracker_reset(tracker);
}

void lightpose_tracker_destroy(lightpose_tracker **tracker) {
    if (tracker)
        lp_tracker_destroy(tracker);
}

lightpose_status lightpose_tracker_update(lightpose_tracker *tracker, double time_seconds, lightpose_result *result,
                                          lightpose_error *error) {
    lightpose_status status;

    ENTER(error);
    NEED(result, error);
    if (!tracker)
        status = lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "lightpose_tracker_update: tracker is NULL");
    else if (!isfinite(time_seconds))
        status = lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                         "lightpose_tracker_update: time_seconds is %g, must be finite", time_seconds);
    else
        status = lp_tracker_run(tracker, time_seconds, result, error);
    if (status != LIGHTPOSE_OK)
        lp_result_clear(result);
    return status;
}

size_t lightpose_tracker_save(const lightpose_tracker *tracker, void *bytes, size_t capacity) {
    return tracker ? lp_tracker_save(tracker, bytes, bytes ? capacity : 0) : 0;
}

lightpose_status lightpose_tracker_restore(lightpose_tracker **tracker, const void *bytes, size_t size,
                                           lightpose_error *error) {
    ENTER(error);
    NEED(tracker, error);
    *tracker = NULL;
    NEED(bytes, error);
    LP_TRY(lp_tracker_restore(tracker, bytes, size, error));
    const lightpose_status status = check(&(*tracker)->settings, error);
    if (status != LIGHTPOSE_OK)
        lp_tracker_destroy(tracker);
    return status;
}
