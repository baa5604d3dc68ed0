/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Persons in the making, for the decoder `refined`: groups of linked keypoints (group.h), taken apart where a limb is
 * too long (sever.h) and put together where parts fit one figure (gather.h). */

#ifndef LP_DECODE_DRAFT_H
#define LP_DECODE_DRAFT_H

#include "decode/figure.h"
#include "decode/group.h"
#include "decode/order.h"

typedef struct lp_draft {
    int count;                          /* keypoints; 0: gone, free or part of another */
    int peak[LIGHTPOSE_KEYPOINTS];      /* index into the peaks of each type; -1 where missing */
    int known[LIGHTPOSE_KEYPOINTS];     /* whether it is there */
    lp_pair place[LIGHTPOSE_KEYPOINTS]; /* cells of the heatmap; 0 is the centre of the first */
    float score[LIGHTPOSE_KEYPOINTS];
    double limb[LIGHTPOSE_KEYPOINTS]; /* the score of the limb that ends in this keypoint, 0 where none does */
    int fitted;                       /* 1: the figure is that of all its keypoints */
    lp_figure figure;
} lp_draft;

typedef struct lp_drafts {
    void *data;  /* of lp_draft */
    void *order; /* of lp_ranked, for whoever sorts them */
    size_t capacity, order_capacity;
    int count;

    /* Of the frame: */
    const lp_peaks *peaks;
    int factor;                       /* of upsampling */
    int *owners[LIGHTPOSE_KEYPOINTS]; /* for each peak, a number below 0 where it belongs to nobody */
} lp_drafts;

/* A draft for each group; takes over the groups' owners. Returns 0, or -1 without memory. */
int lp_drafts_start(lp_drafts *drafts, const lp_groups *groups, const lp_peaks *peaks, const lp_upsample *upsample);
void lp_drafts_free(lp_drafts *drafts);

/* A new draft without keypoints at the end, or NULL without memory. Those before it may move. */
lp_draft *lp_drafts_add(lp_drafts *drafts);

static inline lp_draft *lp_drafts_at(const lp_drafts *drafts, int index) {
    return (lp_draft *)drafts->data + index;
}

/* Where a peak is, in cells of the heatmap. */
lp_pair lp_drafts_place(const lp_drafts *drafts, int type, int peak);

/* Gives the draft a peak of a type that it lacks, and what comes with it. */
void lp_draft_give(lp_drafts *drafts, lp_draft *draft, int type, int peak, double limb);

/* Moves a keypoint and its limb to a draft that lacks it. */
void lp_draft_move(lp_draft *from, lp_draft *to, int type);

typedef struct lp_draft_sums {
    double keypoints, limbs; /* of scores */
    int limb_count;
} lp_draft_sums;

lp_draft_sums lp_draft_add_up(const lp_draft *draft);

/* Makes its figure that of all its keypoints, of which there are two at least. */
void lp_draft_fit(lp_draft *draft);

#endif
