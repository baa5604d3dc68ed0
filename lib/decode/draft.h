/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Persons in the making, for the decoder `refined`: groups of linked keypoints, put together by what people look like.
 *
 * The limbs of one person do not always hang together: an arm in front of the body, a crossed leg, a limb half hidden
 * leave a gap, and the published grouping makes two persons of it. Here a gap is closed where both parts fit one
 * figure. In order of their sums of scores, the higher first, every draft of at least LP_DRAFT_SURE keypoints
 *   - takes in each later draft of at most LP_DRAFT_FRAGMENT keypoints that has no keypoint the draft has, where its
 *     places are on average LP_DRAFT_NEAR squared standard deviations (two in each axis, say 1.4 of them) from where
 *     the figure expects them, and none is further than twice that;
 *   - then takes, for each keypoint still missing, one of the peaks that belong to nobody and lie as near: the one
 *     that is likeliest by its score and distance, log(score) - distance / 2. */

#ifndef LP_DECODE_DRAFT_H
#define LP_DECODE_DRAFT_H

#include "decode/figure.h"
#include "decode/group.h"
#include "decode/order.h"

enum { LP_DRAFT_SURE = 4, LP_DRAFT_FRAGMENT = 4 };
#define LP_DRAFT_NEAR  4.0
#define LP_DRAFT_NOISE 0.0625 /* cells^2: peaks are a quarter of a cell off */

typedef struct lp_draft {
    int peak[LIGHTPOSE_KEYPOINTS];      /* index into the peaks of each type; -1 where missing */
    int known[LIGHTPOSE_KEYPOINTS];     /* whether it is there */
    lp_pair place[LIGHTPOSE_KEYPOINTS]; /* cells of the heatmap; 0 is the centre of the first */
    int count, limb_count;
    double keypoints, limbs; /* sums of their scores */
    int gone;                /* taken in by another */
    int fitted;              /* 1: the figure is that of all its keypoints */
    lp_figure figure;
} lp_draft;

typedef struct lp_drafts {
    void *data;  /* of lp_draft, a draft for each group */
    void *order; /* of lp_ranked */
    size_t capacity, order_capacity;
    int count;
} lp_drafts;

/* Replaces `drafts`; marks the peaks that they take in `groups`. Returns 0, or -1 without memory. */
int lp_drafts_make(lp_drafts *drafts, lp_groups *groups, const lp_peaks *peaks, const lp_upsample *upsample);

/* Makes its figure that of all its keypoints. */
void lp_draft_fit(lp_draft *draft);

void lp_drafts_free(lp_drafts *drafts);

#endif
