/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One list of people from what the first look and the crops saw.
 *
 * A person of the first look takes the pose most similar to it (pose/similarity.h) in the crop that was cut for it,
 * each pose of a crop at most once, and never one less similar than LP_MERGE_SAME. It keeps its place in the order,
 * scaled by the new score over the old one. A keypoint that the crop misses stays as it was.
 *
 * Every other pose of a crop is a newcomer where nobody is similar to it. Its rank is that of its crop, less what the
 * enlargement adds to it, times LP_MERGE_NEW.
 *
 * Last, of two poses more similar than LP_MERGE_TWICE the one of lower rank goes. */

#ifndef LP_LOOK_MERGE_H
#define LP_LOOK_MERGE_H

#include "look/crops.h"
#include "pose/similarity.h"
#include "pose/result.h"

#define LP_MERGE_SAME  0.1
#define LP_MERGE_KNOWN 0.2
#define LP_MERGE_TWICE 0.6
#define LP_MERGE_NEW   0.8

typedef struct lp_merge {
    void *people; /* of the list in the making */
    size_t people_capacity;
    int count, first; /* people; those of the first look come first */
    void *poses;      /* scratch for the result */
    size_t poses_capacity;
} lp_merge;

/* Starts with the people of the first look. */
lightpose_status lp_merge_begin(lp_merge *merge, const lightpose_result *first, lightpose_error *error);

/* Takes in what crop `index` of `crops` saw, in image coordinates. Crops come in their order. */
lightpose_status lp_merge_add(lp_merge *merge, const lp_crops *crops, int index, const lp_scene *scene,
                              const lightpose_result *seen, lightpose_error *error);

/* Writes the list to `result`, in order of rank: `most` people at most, 0 for all. */
lightpose_status lp_merge_end(lp_merge *merge, int most, lightpose_result *result, lightpose_error *error);

void lp_merge_free(lp_merge *merge);

#endif
