/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The order of a tracked result, and fixed slots for a known number of people. docs/algorithm.md 10; lightpose.h
 * "expect_people".
 */

#ifndef LP_POSE_SLOTS_H
#define LP_POSE_SLOTS_H

#include "pose/tracker.h"

/* Sorts from left to right by the middle of the box of all keypoints. Stable. Poses without keypoints come last. */
void lp_slots_sort(lightpose_tracker *tracker, lightpose_result *result);

void lp_slots_start(lightpose_tracker *tracker);

/* Replaces the result's poses with those of the slots. It must have room for expect_people. */
void lp_slots_run(lightpose_tracker *tracker, lightpose_result *result);

#endif
