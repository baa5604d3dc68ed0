/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From links to persons: groups of linked keypoints (`reference`), and instances, which are groups split where a limb
 * is implausibly long and merged where fragments fit one body (`refined`). docs/algorithm.md 6, 7. */

#ifndef LP_DECODE_GROUPING_H
#define LP_DECODE_GROUPING_H

#include "decode/body_prior.h"
#include "decode/limbs.h"

/* ---- reference --------------------------------------------------------------------------------------------------- */

/* Groups links as the published code does. Limbs are taken in the skeleton's order, the links of each in the order
 * accepted:
 *   - limb 0: every link starts a person of two keypoints, whose sum is both keypoints' scores and the link's;
 *   - limbs 1 to 16: the person who owns the link's a gets its b: count + 1, sum + (b's score + the link's). Where
 *     nobody owns a, the link starts a person;
 *   - limbs 17 and 18, the helpers: the owner of one end gets the other where it has none; nothing is counted. The
 *     keypoint stays with its owner too, so two persons can share one.
 * Then persons with fewer than `min_keypoints` keypoints, or with a sum per keypoint below `min_score`, are dropped.
 *
 * Nobody else can own a or b, by the skeleton: every keypoint is the b of one limb among 0 to 16, that limb comes
 * before those of which it is the a, and in one limb every peak has one link at most. So a keypoint has one owner
 * before the helpers come, nothing is ever overwritten, and no search over persons is needed. */

typedef struct lp_group {
    int peak[LIGHTPOSE_KEYPOINTS];    /* index into the peaks of each type; -1 where missing */
    int count;                        /* helpers' keypoints not counted */
    double sum;                       /* of keypoints and limbs */
    double limb[LIGHTPOSE_KEYPOINTS]; /* the score of the link that brought each keypoint, 0 where none did */
} lp_group;

typedef struct lp_groups {
    void *data; /* of lp_group, in the order opened */
    size_t capacity;
    int count;
    void *owners; /* of int: for each peak of type 0, then of type 1, …, the person who owns it, or -1 */
    size_t owners_capacity;
} lp_groups;

/* Replaces `groups`. Returns 0, or -1 without memory. */
int lp_groups_find(lp_groups *groups, const lp_peaks *peaks, const lp_links *links, int min_keypoints, float min_score);

/* The same by limbs 0 to 16 alone and without dropping, so that nothing is shared. */
int lp_groups_link(lp_groups *groups, const lp_peaks *peaks, const lp_links *links);

void lp_groups_free(lp_groups *groups);

/* ---- refined: instances ------------------------------------------------------------------------------------------ */

typedef struct lp_instance {
    int count;                          /* keypoints; 0: dissolved or merged into another */
    int peak[LIGHTPOSE_KEYPOINTS];      /* index into the peaks of each type; -1 where missing */
    int known[LIGHTPOSE_KEYPOINTS];     /* whether it is there */
    lp_pair place[LIGHTPOSE_KEYPOINTS]; /* cells of the heatmap; 0 is the centre of the first */
    float score[LIGHTPOSE_KEYPOINTS];
    double limb[LIGHTPOSE_KEYPOINTS]; /* the score of the limb that ends in this keypoint, 0 where none does */
    int fitted;                       /* 1: the prior is that of all its keypoints */
    lp_body_prior prior;
} lp_instance;

typedef struct lp_instances {
    void *data;  /* of lp_instance */
    void *order; /* of lp_ranked: scratch for sorting */
    size_t capacity, order_capacity;
    int count;

    /* Of the frame: */
    const lp_peaks *peaks;
    int factor;                       /* of upsampling */
    int *owners[LIGHTPOSE_KEYPOINTS]; /* for each peak, negative where nobody owns it */
} lp_instances;

/* An instance for each group; takes over the groups' owners. Returns 0, or -1 without memory. */
int lp_instances_start(lp_instances *instances, const lp_groups *groups, const lp_peaks *peaks,
                       const lp_upsample *upsample);
void lp_instances_free(lp_instances *instances);

/* A new instance without keypoints at the end, or NULL without memory. Those before it may move. */
lp_instance *lp_instances_add(lp_instances *instances);

static inline lp_instance *lp_instance_at(const lp_instances *instances, int index) {
    return (lp_instance *)instances->data + index;
}

/* Where a peak is, in cells of the heatmap. */
lp_pair lp_peak_place(const lp_instances *instances, int type, int peak);

/* Gives the instance a peak of a type that it lacks, and what comes with it. */
void lp_instance_add_keypoint(lp_instances *instances, lp_instance *instance, int type, int peak, double limb);

/* Moves a keypoint and its limb to an instance that lacks it. */
void lp_instance_move_keypoint(lp_instance *from, lp_instance *to, int type);

typedef struct lp_score_sums {
    double keypoints, limbs; /* of scores */
    int limb_count;
} lp_score_sums;

lp_score_sums lp_instance_sums(const lp_instance *instance);

/* Fits the body prior to all its keypoints, of which there are two at least. */
void lp_instance_fit(lp_instance *instance);

/* ---- refined: implausible limbs ---------------------------------------------------------------------------------- */

/* Splits instances where a limb is too long to belong to the same person as the others.
 *
 * In a crowd the fields of many people line up, and a chain of them looks like one limb across the picture. A limb that
 * points at the camera can look arbitrarily short, but no limb looks longer than it is. So every limb's length is
 * divided by what is typical of its kind (body_prior.h); while the longest is more than LP_SPLIT_RATIO times the median
 * of the instance's others, it is cut. Of the 3427 limbs of COCO's labelled persons in 125 images with another limb to
 * compare with, the worst has 2.85 times, one in a thousand has more than 2.15.
 *
 * Both parts are examined again. A part of one keypoint is dissolved: its peak is free. */
#define LP_SPLIT_RATIO 3.0

/* Returns 0, or -1 without memory. */
int lp_instances_split(lp_instances *instances);

/* ---- refined: fragments ------------------------------------------------------------------------------------------ */

/* Merges fragments of one person.
 *
 * First the helper limbs, shoulder to ear, give an instance the ear that it lacks where nobody owns the ear: the
 * published grouping would let two persons share it.
 *
 * The limbs of one person are not always connected: an arm before the body, a crossed leg or a half-hidden limb leaves
 * a gap, and the published grouping makes two persons of it. The gap is closed where both parts fit one body prior. In
 * order of their sums of scores, the higher first, every instance with at least LP_MERGE_MIN_KEYPOINTS keypoints
 *   - absorbs each later instance with at most LP_FRAGMENT_MAX_KEYPOINTS keypoints, none of which it has, whose places
 *     are on average within LP_MERGE_DISTANCE squared standard deviations of where its prior expects them, x and y
 * added (that is 1.4 deviations in each), and none beyond twice that;
 *   - then takes, for each keypoint that it still lacks, one of the peaks that nobody owns and that lie as near: the
 *     likeliest by log(score) - distance / 2. */
enum { LP_MERGE_MIN_KEYPOINTS = 4, LP_FRAGMENT_MAX_KEYPOINTS = 4 };
#define LP_MERGE_DISTANCE 4.0

/* `links` of all limbs. Returns 0, or -1 without memory. */
int lp_instances_merge(lp_instances *instances, const lp_links *links);

#endif
