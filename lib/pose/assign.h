/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Optimal assignment: who goes with whom so that the sum of gains is the largest possible. */

#ifndef LP_POSE_ASSIGN_H
#define LP_POSE_ASSIGN_H

#include <stddef.h>

/* Bytes of scratch that lp_assign needs. */
size_t lp_assign_scratch(int rows, int cols);

/* `gain` is rows x cols, row by row, finite and not negative; 0 means that the pair must not be. Writes to match[row]
 * its column, or -1. Each column is used at most once. The same gains always give the same match. O(n^2 m), n the
 * smaller side. `scratch` is aligned for double. */
void lp_assign(const double *gain, int rows, int cols, int *match, void *scratch);

#endif
