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
 *   - limbs 1 to 16: the person who owns the link's a gets its b: count + 1, sum + (b's score + the link's). If nobody
 *     owns a, the link starts a person;
 *   - limbs 17 and 18, the helpers: the owner of one end gets the other if it has none; nothing is counted. The
 *     keypoint also stays with its owner, so two persons can share it.
 * Then persons with fewer than `min_keypoints` keypoints, or with a sum per keypoint below `min_score`, are dropped.
 *
 * The skeleton guarantees that nobody else owns a or b: every keypoint type is the b of one limb among 0 to 16, this
 * limb precedes those of which it is the a, and within a limb each peak has at most one link. So before the helpers
 * each keypoint has one owner, nothing is overwritten, and no search over persons is needed. */

typedef struct lp_group {
    int peak[LIGHTPOSE_KEYPOINTS];    /* index into the peaks of each type; -1 where missing */
    int count;                        /* helpers' keypoints not counted */
    double sum;                       /* of keypoints and limbs */
    double limb[LIGHTPOSE_KEYPOINTS]; /* the score of the link that added each keypoint, 0 if none did */
} lp_group;

typedef struct lp_groups {
    void *data; /* of lp_group, in the order opened */
    size_t capacity;
    int count;
    void *owners; /* of int: for each peak of type 0, then of type 1, …, the person who owns it, or -1 */
    size_t owners_capacity;
} lp_groups;

/* Replaces `groups`. Returns 0, or -1 if memory is exhausted. */
int lp_groups_find(lp_groups *groups, const lp_peaks *peaks, const lp_links *links, int min_keypoints, float min_score);

/* The same with limbs 0 to 16 only and without dropping, so that nothing is shared. */
int lp_groups_link(lp_groups *groups, const lp_peaks *peaks, const lp_links *links);

void lp_groups_free(lp_groups *groups);

/* ---- refined: instances ------------------------------------------------------------------------------------------ */

typedef struct lp_instance {
    int count;                          /* keypoints; 0: dissolved or merged into another */
    int peak[LIGHTPOSE_KEYPOINTS];      /* index into the peaks of each type; -1 where missing */
    int known[LIGHTPOSE_KEYPOINTS];     /* 1: it has this keypoint */
    lp_pair place[LIGHTPOSE_KEYPOINTS]; /* cells of the heatmap; 0 is the centre of the first */
    float score[LIGHTPOSE_KEYPOINTS];
    double limb[LIGHTPOSE_KEYPOINTS]; /* the score of the limb that ends in this keypoint, 0 if none does */
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
    int *owners[LIGHTPOSE_KEYPOINTS]; /* for each peak its owner, negative if nobody owns it */
} lp_instances;

/* Makes an instance of each group; takes over the groups' owners. Returns 0, or -1 if memory is exhausted. */
int lp_instances_start(lp_instances *instances, const lp_groups *groups, const lp_peaks *peaks,
                       const lp_upsample *upsample);
void lp_instances_free(lp_instances *instances);

/* Appends an instance without keypoints; NULL if memory is exhausted. The others may move in memory. */
lp_instance *lp_instances_add(lp_instances *instances);

static inline lp_instance *lp_instance_at(const lp_instances *instances, int index) {
    return (lp_instance *)instances->data + index;
}

/* The place of a peak, in cells of the heatmap. */
lp_pair lp_peak_place(const lp_instances *instances, int type, int peak);

/* Adds a peak of a type that the instance lacks, with its place and scores. */
void lp_instance_add_keypoint(lp_instances *instances, lp_instance *instance, int type, int peak, double limb);

/* Moves a keypoint and its limb to an instance that lacks this type. */
void lp_instance_move_keypoint(lp_instance *from, lp_instance *to, int type);

typedef struct lp_score_sums {
    double keypoints, limbs; /* of scores */
    int limb_count;
} lp_score_sums;

lp_score_sums lp_instance_sums(const lp_instance *instance);

/* Fits the body prior to all its keypoints, at least two. */
void lp_instance_fit(lp_instance *instance);

/* ---- refined: implausible limbs ---------------------------------------------------------------------------------- */

/* Splits instances at limbs that are too long to belong to the same person as the others.
 *
 * In a crowd the fields of many people line up, and a chain of them looks like one limb across the picture. A limb that
 * points at the camera can look arbitrarily short, but no limb looks longer than it is. So each limb's length is
 * divided by the typical length of its kind (body_prior.h). While the longest is more than LP_SPLIT_RATIO times the
 * median of the instance's other limbs, it is cut. COCO's labelled persons in 125 images have 3427 limbs that can be
 * compared with another one: the largest ratio is 2.85, and one limb in a thousand exceeds 2.15.
 *
 * Both parts are examined again. A part with only one keypoint is dissolved: its peak becomes free. */
#define LP_SPLIT_RATIO 3.0

/* Returns 0, or -1 if memory is exhausted. */
int lp_instances_split(lp_instances *instances);

/* ---- refined: fragments ------------------------------------------------------------------------------------------ */

/* Merges fragments of one person.
 *
 * First, the helper limbs (shoulder to ear) give an instance a missing ear if nobody owns that ear; the published
 * grouping would let two persons share it.
 *
 * The limbs of one person are not always connected: an arm before the body, a crossed leg or a half-hidden limb leaves
 * a gap, and the published grouping makes two persons. The gap is closed if both parts fit one body prior. In
 * descending order of score sum, every instance with at least LP_MERGE_MIN_KEYPOINTS keypoints
 *   - absorbs each later instance that has at most LP_FRAGMENT_MAX_KEYPOINTS keypoints, all of types that it lacks, if
 *     their squared distance from the places that its prior expects is at most LP_MERGE_DISTANCE variances on average
 *     (x and y added; that is 1.4 standard deviations in each) and none exceeds twice that;
 *   - then takes, for each keypoint that it still lacks, a peak that nobody owns within the same distance: the one with
 *     the highest log(score) - distance / 2. */
enum { LP_MERGE_MIN_KEYPOINTS = 4, LP_FRAGMENT_MAX_KEYPOINTS = 4 };
#define LP_MERGE_DISTANCE 4.0

/* `links`: of all limbs. Returns 0, or -1 if memory is exhausted. */
int lp_instances_merge(lp_instances *instances, const lp_links *links);

#endif
