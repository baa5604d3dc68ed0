/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Refuses a caller's maps that hold NaN or infinity. */

#ifndef LP_DECODE_FINITE_H
#define LP_DECODE_FINITE_H

#include "net/plan.h" /* lp_maps */

/* NOT_FINITE, naming the first bad value: heatmaps before pafs, by map, then by cell. */
lightpose_status lp_maps_check_finite(const lp_maps *maps, lightpose_error *error);

#endif
