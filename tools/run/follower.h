/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The tracker of one stream whose pictures may change their size, and whose memory outlives the run. */

#ifndef LP_TOOLS_RUN_FOLLOWER_H
#define LP_TOOLS_RUN_FOLLOWER_H

#include "run/choose.h"

/* Zero it before the first use. */
typedef struct lp_follower {
    lightpose_tracker *tracker;
    int width, height; /* of the first picture, whose pixels the tracker counts in */
} lp_follower;

/* Errors: lightpose_tracker_create's, and lightpose_tracker_restore's where there is something `saved`. */
LIGHTPOSE_NODISCARD lightpose_status lp_follower_open(lp_follower *follower, const lightpose_tracker_settings *settings,
                                                      const char *saved, size_t size, lightpose_error *error);
void lp_follower_close(lp_follower *follower);

/* The time of a frame for the tracker, which wants one in any case: `time`, or where that is NAN what frame `index`
 * would have at `fps`, 25 where that is unknown too. */
double lp_follower_time(int64_t index, double time, double fps);

/* lightpose_tracker_update for a picture of this size. A picture of another size than the first is the same scene
 * scaled: people keep their ids. */
LIGHTPOSE_NODISCARD lightpose_status lp_follower_update(lp_follower *follower, lp_chooser *chooser, double time,
                                                        int width, int height, lightpose_result *result,
                                                        lightpose_error *error);

/* What it remembers, into *bytes, which grows as needed. Returns the size, 0 where there is nothing or no memory. */
size_t lp_follower_save(const lp_follower *follower, char **bytes, size_t *capacity);

#endif
