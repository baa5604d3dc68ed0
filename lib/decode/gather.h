/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Puts drafts together.
 *
 * First the helper limbs, shoulder to ear, give a draft the ear that it lacks where the ear belongs to nobody: the
 * published grouping would let two persons share it.
 *
 * The limbs of one person do not always hang together: an arm before the body, a crossed leg, a limb half hidden leave
 * a gap, and the published grouping makes two persons of it. The gap is closed where both parts fit one figure. In
 * order of their sums of scores, the higher first, every draft of at least LP_GATHER_SURE keypoints
 *   - takes in each later draft of at most LP_GATHER_FRAGMENT keypoints, none of which it has, whose places are on
 *     average within LP_GATHER_NEAR squared standard deviations of where its figure expects them, x and y added (that
 *     is 1.4 deviations in each), and none beyond twice that;
 *   - then takes, for each keypoint that it still lacks, one of the peaks that belong to nobody and lie as near: the
 *     likeliest by log(score) - distance / 2. */

#ifndef LP_DECODE_GATHER_H
#define LP_DECODE_GATHER_H

#include "decode/draft.h"

enum { LP_GATHER_SURE = 4, LP_GATHER_FRAGMENT = 4 };
#define LP_GATHER_NEAR 4.0

/* `links` of all limbs. Returns 0, or -1 without memory. */
int lp_drafts_gather(lp_drafts *drafts, const lp_links *links);

#endif
