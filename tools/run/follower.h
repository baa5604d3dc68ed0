/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The tracker of one stream. The picture size may change, and the tracker's state can be saved for another run. */

#ifndef LP_TOOLS_RUN_FOLLOWER_H
#define LP_TOOLS_RUN_FOLLOWER_H

#include "run/choose.h"

/* Zero it before the first use. */
typedef struct lp_follower {
    lightpose_tracker *tracker;
    int width, height; /* of the first picture: the tracker works in its pixels */
} lp_follower;

/* `saved`: a state to restore, of `size` bytes, or NULL. Errors: those of lightpose_tracker_create and
 * lightpose_tracker_restore. */
LIGHTPOSE_NODISCARD lightpose_status lp_follower_open(lp_follower *follower, const lightpose_tracker_settings *settings,
                                                      const char *saved, size_t size, lightpose_error *error);
void lp_follower_close(lp_follower *follower);

/* The time of a frame for the tracker, which needs one: `time`, or if that is NAN, the time of frame `index` at `fps`,
 * or at 25 fps if that is unknown too. */
double lp_follower_time(int64_t index, double time, double fps);

/* lightpose_tracker_update for a picture of this size. A picture of another size than the first is taken as the same
 * scene, scaled: people keep their ids. */
LIGHTPOSE_NODISCARD lightpose_status lp_follower_update(lp_follower *follower, lp_chooser *chooser, double time,
                                                        int width, int height, lightpose_result *result,
                                                        lightpose_error *error);

/* Saves the tracker's state to *bytes, which grows as needed. Returns the size; 0 without a tracker or memory. */
size_t lp_follower_save(const lp_follower *follower, char **bytes, size_t *capacity);

#endif
