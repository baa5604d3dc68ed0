/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The body prior: where the keypoints of a person lie, given some of them.
 *
 * The model is one Gaussian for each axis. A person of scale s at t has its keypoints k at t + s (m_k + e_k), where the
 * e are jointly normal with the covariances of body_prior_table.c: the mean posture and its variation, measured on
 * labelled persons (see body_prior_table.c). x and y are independent of each other, and there is no rotation: people
 * are upright in most pictures, and the variances account for the others.
 *
 * Given keypoints at y, t follows from least squares and s from the likelihood: with the quadratic forms A = m'm,
 * B = m'y, C = y'y of the residuals of least squares, over both axes, s is the positive root of
 * 2 (n - 1) s^2 + B s = C. The others follow, each with its mean and variance, from the conditional Gaussian. Measured
 * keypoints have noise with a variance of LP_BODY_PRIOR_NOISE s^2. Without it the neck, which the labels place half-way
 * between the shoulders, would have no variance. */

#ifndef LP_DECODE_BODY_PRIOR_H
#define LP_DECODE_BODY_PRIOR_H

#include <lightpose/lightpose.h>

#define LP_BODY_PRIOR_NOISE     0.001  /* 3 % of the scale: how much the network's places vary */
#define LP_BODY_PRIOR_LEAST     0.0004 /* lower limit of a variance, in the same unit */
#define LP_BODY_PRIOR_MIN_SCALE 0.5    /* cells */
#define LP_BODY_PRIOR_CELL      0.0625 /* cells^2, a quarter of a cell squared: the grid's part of every variance */

/* x and y side by side. */
typedef double lp_pair __attribute__((vector_size(16)));

enum { LP_BODY_PRIOR_PAIRS = LIGHTPOSE_KEYPOINTS * (LIGHTPOSE_KEYPOINTS + 1) / 2 };

/* body_prior_table.c: in units of the scale. Covariances: row after row of the lower triangle. */
extern const lp_pair lp_body_prior_mean[LIGHTPOSE_KEYPOINTS];
extern const lp_pair lp_body_prior_covariance[LP_BODY_PRIOR_PAIRS];

typedef struct lp_body_prior {
    double scale; /* cells: the most likely; smaller than the root of the person's area if few keypoints are known */
    lp_pair place[LIGHTPOSE_KEYPOINTS], variance[LIGHTPOSE_KEYPOINTS]; /* of the unknown keypoints; cells */
} lp_body_prior;

/* Fits the prior to the places of the `known` keypoints, at least two. */
void lp_body_prior_fit(lp_body_prior *prior, const lp_pair *places, const int *known);

/* The squared distance of a place from the expected place of keypoint `k`, in standard deviations, both axes added. */
double lp_body_prior_distance(const lp_body_prior *prior, int k, lp_pair place);

/* The root mean square distance between two keypoints of a person of scale 1. */
double lp_body_prior_distance_between(int a, int b);

#endif
