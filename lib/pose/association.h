/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Matches the poses of a frame with the tracked people. docs/algorithm.md 9; association.c outlines the rules. */

#ifndef LP_POSE_ASSOCIATION_H
#define LP_POSE_ASSOCIATION_H

#include <stddef.h>

#include "pose/tracker.h"

/* Both write to match[pose] the index of its person, -1 for none. Before, the tracks' `pose` must be -1 and the bodies
 * of the `count` poses must be set. The reference processes the poses in the order of `turn`. */
void lp_match_default(lightpose_tracker *tracker, int count);
void lp_match_reference(lightpose_tracker *tracker, int count);

/* Writes to `turn` the order in which poses are processed: the result's or, for the reference, by score sum. */
void lp_match_take_turns(lightpose_tracker *tracker, const lightpose_pose *poses, int count);

/* Whether an unmatched pose shows a new person. Called after the tracks of the people found have been updated. */
int lp_match_is_new(const lightpose_tracker *tracker, const lp_body *body);

/* ---- Optimal assignment: pairs whose sum of gains is the largest possible -----------------------------------------
 */

/* Bytes of scratch that lp_assign needs. */
size_t lp_assign_scratch(int rows, int cols);

/* `gain` is rows x cols, row by row, finite and not negative; 0 forbids the pair. Writes to match[row] its column, or
 * -1. Each column is used at most once. The same gains always give the same match. O(n^2 m), n the smaller side.
 * `scratch` is aligned for double. */
void lp_assign(const double *gain, int rows, int cols, int *match, void *scratch);

#endif
