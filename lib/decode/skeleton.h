/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Keypoints, limbs and their channels. docs/algorithm.md 1. */

#ifndef LP_DECODE_SKELETON_H
#define LP_DECODE_SKELETON_H

#include <lightpose/lightpose.h>

typedef struct lp_limb {
    int from, to;     /* keypoints */
    int paf_x, paf_y; /* channels: an even one and the next */
} lp_limb;

/* In the order of grouping. Limbs from LP_FIRST_HELPER_LIMB on only add a missing end. */
enum { LP_FIRST_HELPER_LIMB = 17 };
extern const lp_limb lp_skeleton_limbs[LIGHTPOSE_LIMBS];

#endif
