/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The tracker of one stream: ids and smoothing for the poses of each frame. SPEC 2.12; lightpose.h "Tracking". */

#ifndef LP_POSE_TRACK_H
#define LP_POSE_TRACK_H

#include "pose/tracker.h"

/* The settings are copied; checked by the caller. */
lightpose_status lp_tracker_create(lightpose_tracker **tracker, const lightpose_tracker_settings *settings,
                                   lightpose_error *error);
void lp_tracker_destroy(lightpose_tracker **tracker);

/* `time` is finite. On failure the tracker is unchanged, and so is the result, which the caller empties. */
lightpose_status lp_tracker_run(lightpose_tracker *tracker, double time, lightpose_result *result,
                                lightpose_error *error);

/* lightpose_tracker_save and lightpose_tracker_restore (track_state.c); a restored tracker has the settings that it was
 * saved with, which the caller checks. */
size_t lp_tracker_save(const lightpose_tracker *tracker, void *bytes, size_t capacity);
lightpose_status lp_tracker_restore(lightpose_tracker **tracker, const void *bytes, size_t size,
                                    lightpose_error *error);

#endif
