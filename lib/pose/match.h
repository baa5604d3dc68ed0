/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which pose of a frame shows which person remembered. SPEC 2.12; the rules are outlined in match.c. */

#ifndef LP_POSE_MATCH_H
#define LP_POSE_MATCH_H

#include "pose/tracker.h"

/* Both write to match[pose] the index of its person, -1 for none. The tracks' `pose` must be -1, and the bodies of the
 * `count` poses measured. The reference serves the poses in the order of `turn`. */
void lp_match_default(lightpose_tracker *tracker, int count);
void lp_match_reference(lightpose_tracker *tracker, int count);

/* Writes to `turn` the order in which poses are served: the result's, or for the reference by score sum. */
void lp_match_take_turns(lightpose_tracker *tracker, const lightpose_pose *poses, int count);

/* Whether a pose left without a person shows a stranger. Called when those found have been followed. */
int lp_match_is_stranger(const lightpose_tracker *tracker, const lp_body *body);

#endif
