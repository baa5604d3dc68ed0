/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The order of a tracked result, and a known number of people on seats. SPEC 2.5; lightpose.h "expect_people". */

#ifndef LP_POSE_SEATS_H
#define LP_POSE_SEATS_H

#include "pose/tracker.h"

/* Left to right by the middle of the box of all keypoints; ties as they came. Poses without keypoints last. */
void lp_seats_sort(lightpose_tracker *tracker, lightpose_result *result);

void lp_seats_start(lightpose_tracker *tracker);

/* Makes the result the seats' poses. It has room for expect_people. */
void lp_seats_run(lightpose_tracker *tracker, lightpose_result *result);

#endif
