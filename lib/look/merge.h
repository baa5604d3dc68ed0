/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Merges the people of the first look and of the crops into one list.
 *
 * A person of the first look takes the pose most similar to it (pose/similarity.h) in the crop that was cut for it,
 * each pose of a crop at most once, and none less similar than LP_MERGE_SAME. The new rank is the old one times new
 * score / old score. A keypoint that is missing in the crop keeps its old value.
 *
 * Every other pose of a crop is a newcomer if nobody is more similar to it than LP_MERGE_KNOWN. Its rank is its rank in
 * the crop, corrected for the enlargement, times LP_MERGE_NEW.
 *
 * Finally, of two poses more similar than LP_MERGE_TWICE, the one of lower rank is dropped. */

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
    void *people; /* the list so far */
    size_t people_capacity;
    int count, first; /* people; those of the first look come first */
    void *poses;      /* scratch for the result */
    size_t poses_capacity;
} lp_merge;

/* Starts with the people of the first look. */
lightpose_status lp_merge_begin(lp_merge *merge, const lightpose_result *first, lightpose_error *error);

/* Adds the people `seen` in crop `index` of `crops`, in image coordinates. Call it for the crops in order. */
lightpose_status lp_merge_add(lp_merge *merge, const lp_crops *crops, int index, const lp_scene *scene,
                              const lightpose_result *seen, lightpose_error *error);

/* Writes the list to `result`, in order of rank: `most` people at most, 0 for all. */
lightpose_status lp_merge_end(lp_merge *merge, int most, lightpose_result *result, lightpose_error *error);

void lp_merge_free(lp_merge *merge);

#endif
