/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/follower.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

/* The rate assumed for pictures, and for raw frames without a rate. */
#define ASSUMED_FPS 25.0

lightpose_status lp_follower_open(lp_follower *f, const lightpose_tracker_settings *settings, const char *saved,
                                  size_t size, lightpose_error *error) {
    const size_t head = sizeof f->width + sizeof f->height;
    *f = (lp_follower){0};
    if (!saved)
        return lightpose_tracker_create(&f->tracker, settings, error);
    if (size < head)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%zu bytes that no tracker saved", size);
    memcpy(&f->width, saved, sizeof f->width);
    memcpy(&f->height, saved + sizeof f->width, sizeof f->height);
    return lightpose_tracker_restore(&f->tracker, saved + head, size - head, error);
}

void lp_follower_close(lp_follower *f) {
    lightpose_tracker_destroy(&f->tracker);
}

double lp_follower_time(int64_t index, double time, double fps) {
    return isfinite(time) ? time : (double)index / (fps > 0 ? fps : ASSUMED_FPS);
}

lightpose_status lp_follower_update(lp_follower *f, lp_chooser *chooser, double time, int width, int height,
                                    lightpose_result *result, lightpose_error *error) {
    if (!f->width) {
        f->width = width;
        f->height = height;
    }
    const double x = (double)f->width / width, y = (double)f->height / height;
    lightpose_status status = lp_chooser_scale(chooser, result, x, y, error);
    if (status == LIGHTPOSE_OK)
        status = lightpose_tracker_update(f->tracker, time, result, error);
    return status == LIGHTPOSE_OK ? lp_chooser_scale(chooser, result, 1 / x, 1 / y, error) : status;
}

size_t lp_follower_save(const lp_follower *f, char **bytes, size_t *capacity) {
    const size_t head = sizeof f->width + sizeof f->height;
    if (!f->tracker)
        return 0;
    const size_t size = head + lightpose_tracker_save(f->tracker, NULL, 0);
    if (size > *capacity) {
        char *const grown = realloc(*bytes, 2 * size);
        if (!grown)
            return 0;
        *bytes = grown;
        *capacity = 2 * size;
    }
    memcpy(*bytes, &f->width, sizeof f->width);
    memcpy(*bytes + sizeof f->width, &f->height, sizeof f->height);
    lightpose_tracker_save(f->tracker, *bytes + head, *capacity - head);
    return size;
}
