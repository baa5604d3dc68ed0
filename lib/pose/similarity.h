/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A pose in the tracker's form, and the two ways to compare poses. docs/algorithm.md 9. */

#ifndef LP_POSE_BODY_H
#define LP_POSE_BODY_H

#include <lightpose/lightpose.h>

typedef struct lp_body {
    double x[LIGHTPOSE_KEYPOINTS], y[LIGHTPOSE_KEYPOINTS];
    double weight[LIGHTPOSE_KEYPOINTS]; /* its score, kept above 0; 0 where missing */
    double left, top, width, height;    /* box of all keypoints that are not missing */
} lp_body;

/* A keypoint that is not finite counts as missing. */
void lp_body_from_pose(lp_body *body, const lightpose_pose *pose);
void lp_body_measure_box(lp_body *body);

/* The reference: the number of common keypoints with exp(-d^2 / (2 A v)) above 0.5, A the larger box area, v = (2
 * sigma)^2. */
int lp_body_count_similar(const lp_body *a, const lp_body *b);

/* The area that measures how large the person is: that of the box, or, for a narrow box (a person seen from the side, a
 * few keypoints in a row), that of a box with the same longer side and usual proportions. Above 0. */
double lp_body_area(const lp_body *body);

/* Where a remembered body is expected. */
typedef struct lp_expectation {
    double dx, dy;    /* expected displacement */
    double variance;  /* of the displacement, in x and in y: pixels squared */
    double area;      /* its lp_body_area */
    double certainty; /* 0 to 1, falls with the variance; not part of the similarity */
} lp_expectation;

/* Object keypoint similarity to the expected keypoints, 0 to 1, weighted by score. It is COCO's, but for a keypoint d
 * tolerances away exp(-d^2 / 2) is replaced by (1 - d^2 / 16)^8, which differs by at most 0.04, is 0 from d = 4 on, and
 * has the same value on every machine. The expectation's variance widens each keypoint's tolerance. Few common
 * keypoints give a lower similarity than many. `closeness`, if not NULL, gets the similarity of each keypoint times its
 * weight, or 0 if it is missing in either body. */
double lp_body_similarity(const lp_body *memory, const lp_expectation *expectation, const lp_body *seen,
                          double *closeness);

#endif
