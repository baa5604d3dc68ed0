/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Where accuracy is lost: by keypoint, by size of the person, by people in the image. */

#ifndef LP_TOOLS_EVAL_BREAKDOWN_H
#define LP_TOOLS_EVAL_BREAKDOWN_H

#include "eval/score.h"

/* One keypoint over all labelled persons that count. A person is found if a detection matches it at OKS 0.50. */
typedef struct lp_keypoint_figures {
    int labelled;      /* persons with this keypoint labelled */
    int person_found;  /* of these: the person was found */
    int found;         /* of these: so was the keypoint */
    int right;         /* of these: its similarity is at least 0.5, that is within 2.35 sigma root(area) of the label */
    double similarity; /* mean over the keypoints found; 0 if there are none */
} lp_keypoint_figures;

typedef struct lp_group_figures {
    char name[16];
    int images, persons; /* persons that count */
    double ap, ap50, ar; /* -1 if no person counts */
} lp_group_figures;

enum { LP_SIZE_GROUPS = 5, LP_CROWD_GROUPS = 5 };

typedef struct lp_breakdown {
    lp_keypoint_figures keypoints[LP_COCO17_KEYPOINTS];
    lp_group_figures sizes[LP_SIZE_GROUPS];   /* by root of the person's area; COCO's rules with that range of areas */
    lp_group_figures crowds[LP_CROWD_GROUPS]; /* by labelled persons in the image; over those images only */
    int persons, persons_found;               /* that count; of these, matched at OKS 0.50 */
} lp_breakdown;

lightpose_status lp_breakdown_make(lp_breakdown *breakdown, const lp_labels *labels, const lp_detections *detections,
                                   const lp_evaluation *evaluation, lightpose_error *error);

#endif
