/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "pose/similarity.h"

#include <math.h>

/* 2 sigma of each keypoint, relative to the root of the person's area: COCO's values; the neck has the shoulders'. */
static const double tolerance[LIGHTPOSE_KEYPOINTS] = {
    .052, .158, .158, .144, .124, .158, .144, .124, /* nose, neck, right arm, left arm */
    .214, .174, .178, .214, .174, .178,             /* right leg, left leg */
    .050, .050, .070, .070                          /* eyes, ears */
};

/* A keypoint farther away than this many tolerances counts 0. */
static const double reach = 4;

/* Reduces the similarity of bodies with few common keypoints: if all common keypoints together have this weight and
 * agree exactly, the similarity is 1/2. */
static const double trust_weight = 0.5;

static const double least_weight = 0.01;

void lp_body_measure_box(lp_body *body) {
    double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (body->weight[k] == 0)
            continue;
        left = fmin(left, body->x[k]);
        right = fmax(right, body->x[k]);
        top = fmin(top, body->y[k]);
        bottom = fmax(bottom, body->y[k]);
    }
    const int any = left <= right;
    body->left = any ? left : 0;
    body->top = any ? top : 0;
    body->width = any ? right - left : 0;
    body->height = any ? bottom - top : 0;
}

void lp_body_from_pose(lp_body *body, const lightpose_pose *pose) {
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lightpose_keypoint *const keypoint = &pose->keypoints[k];
        const int there = keypoint->state == LIGHTPOSE_DETECTED && isfinite(keypoint->x) && isfinite(keypoint->y);
        body->x[k] = there ? keypoint->x : 0;
        body->y[k] = there ? keypoint->y : 0;
        /* fmax and fmin turn a NaN score into the least weight. */
        body->weight[k] = there ? fmin(fmax(keypoint->score, least_weight), 1) : 0;
    }
    lp_body_measure_box(body);
}

static double squared(double value) {
    return value * value;
}

static double squared_distance(const lp_body *a, const lp_body *b, int k) {
    return squared(a->x[k] - b->x[k]) + squared(a->y[k] - b->y[k]);
}

int lp_body_count_similar(const lp_body *a, const lp_body *b) {
    /* The published box counts pixels, including the first and the last. */
    const double area = fmax((a->width + 1) * (a->height + 1), (b->width + 1) * (b->height + 1));
    int count = 0;

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (a->weight[k] == 0 || b->weight[k] == 0)
            continue;
        /* exp(-d^2 / (2 A v)) > 0.5 without the exponential */
        count += squared_distance(a, b, k) < 2 * M_LN2 * area * squared(tolerance[k]);
    }
    return count;
}

double lp_body_area(const lp_body *body) {
    const double narrow = 0.3; /* width / height of a standing person */
    const double longer = fmax(body->width, body->height);
    return fmax(body->width * body->height, narrow * longer * longer) + 1;
}

/* Whether the boxes are so far apart that no keypoint is within reach of its counterpart. */
static int is_apart(const lp_body *memory, const lp_expectation *expectation, const lp_body *seen) {
    const double widest = 0.214; /* of the tolerances */
    const double margin = reach * sqrt(expectation->area * squared(widest) + expectation->variance);
    const double left = memory->left + expectation->dx - margin, top = memory->top + expectation->dy - margin;
    return seen->left > left + memory->width + 2 * margin || seen->left + seen->width < left ||
           seen->top > top + memory->height + 2 * margin || seen->top + seen->height < top;
}

double lp_body_similarity(const lp_body *memory, const lp_expectation *expectation, const lp_body *seen,
                          double *closeness) {
    double common = 0, close = 0;

    if (!closeness && is_apart(memory, expectation, seen))
        return 0;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const double weight = fmin(memory->weight[k], seen->weight[k]);
        double value = 0;
        if (weight > 0) {
            const double variance = expectation->area * squared(tolerance[k]) + expectation->variance;
            const double distance = squared(memory->x[k] + expectation->dx - seen->x[k]) +
                                    squared(memory->y[k] + expectation->dy - seen->y[k]);
            const double rest = 1 - distance / (squared(reach) * variance);
            if (rest > 0)
                value = weight * squared(squared(squared(rest)));
            common += weight;
            close += value;
        }
        if (closeness)
            closeness[k] = value;
    }
    return close / (common + trust_weight);
}
