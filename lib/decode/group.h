/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Links into persons, as the published code does. SPEC 2.10.
 *
 * Limbs go in the skeleton's order, the links of each in the order accepted:
 *   - limb 0: every link opens a person of two keypoints, whose sum is both keypoints' scores and the link's;
 *   - limbs 1 to 16: the person who owns the link's a gets its b: count + 1, sum + (b's score + the link's). Where
 *     nobody owns a, the link opens a person;
 *   - limbs 17 and 18, the helpers: the owner of one end gets the other where it has none; nothing is counted. The
 *     keypoint stays with its owner too, so two persons can share one.
 * Then persons of fewer than `min_keypoints` keypoints, or of a sum per keypoint below `min_score`, are dropped.
 *
 * That nobody else can own a or b follows from the skeleton: every keypoint is the b of one limb among 0 to 16, that
 * limb comes before those of which it is the a, and in one limb every peak has one link at most. So a keypoint has one
 * owner before the helpers come, nothing is ever overwritten, and no search over persons is needed. */

#ifndef LP_DECODE_GROUP_H
#define LP_DECODE_GROUP_H

#include "decode/limbs.h"

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

#endif
