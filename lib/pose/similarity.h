/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A pose as the tracker compares it, and the two ways to compare. docs/algorithm.md 9. */

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

/* The reference: keypoints in both with exp(-d^2 / (2 A v)) above 0.5, A the larger box area, v = (2 sigma)^2. */
int lp_body_count_similar(const lp_body *a, const lp_body *b);

/* The area that stands for how large the person is: of the box, but of a narrow one (someone seen from the side, a few
 * keypoints in a row) as much as a box of its longer side and usual proportions has. Above 0. */
double lp_body_area(const lp_body *body);

/* Where a remembered body is expected. */
typedef struct lp_expectation {
    double dx, dy;    /* it has moved by */
    double variance;  /* of that, in x and in y: pixels squared */
    double area;      /* its lp_body_area */
    double certainty; /* 0 to 1, falling with the variance; no part of the similarity */
} lp_expectation;

/* 0 to 1: object keypoint similarity (COCO's, but for exp(-d^2 / 2) of a keypoint d tolerances away: (1 - d^2 / 16)^8,
 * which is within 0.04 of it, ends at 4, and is the same number on every machine) to the expected keypoints, weighted
 * by score; each keypoint's tolerance is widened by the expectation's variance. Few common keypoints give less than
 * many. Where `closeness` is not NULL it gets each keypoint's own similarity times its weight, 0 where it is missing in
 * either. */
double lp_body_similarity(const lp_body *memory, const lp_expectation *expectation, const lp_body *seen,
                          double *closeness);

#endif
