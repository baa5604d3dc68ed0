/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Two sets of results, frame by frame and person by person.
 *
 * Frames are paired by name where both formats have names and any is common, else by number.
 *
 * People of a frame are paired greedily, the most similar first; ties go to the smaller index in A, then in B.
 * Similarity is that of COCO (docs/algorithm.md 9), the mean over the keypoints that either has of exp(-d^2 / (2 area
 * (2 sigma)^2)), a keypoint of one alone counting 0; the area is the larger of the two people's boxes. Pairs below
 * LP_DIFF_SIMILAR stay apart: one person is missing and another is extra.
 *
 * An id changes where a person that had a partner before has one with another id now. Ids themselves are free: only
 * their continuity is compared. */

#ifndef LP_TOOLS_DIFF_COMPARE_H
#define LP_TOOLS_DIFF_COMPARE_H

#include "diff/results.h"

#include <stdio.h>

#define LP_DIFF_SIMILAR 0.1

typedef struct lp_diff_tally { /* a thing that is in both, or in one alone */
    size_t both, only_a, only_b;
} lp_diff_tally;

typedef struct lp_diff_worst {
    double value;
    const lp_diff_frame *frame; /* of A; NULL: there is none */
    size_t person;              /* in that frame of A */
    int keypoint;
} lp_diff_worst;

typedef struct lp_diff_report {
    lp_diff_tally frames, people, keypoints[LIGHTPOSE_KEYPOINTS];
    size_t states;                         /* frames decoded in one and not in the other */
    float *distances[LIGHTPOSE_KEYPOINTS]; /* in pixels, ascending; keypoints[k].both of them */
    size_t rooms[LIGHTPOSE_KEYPOINTS];     /* what they have memory for */
    size_t beyond;                         /* distances above the tolerance */
    size_t id_changes_a, id_changes_b;     /* of people that the other set holds on to */
    unsigned compared;                     /* the keypoints that both formats have */
    lp_diff_worst distance, score;
} lp_diff_report;

typedef struct lp_diff_options {
    double tolerance; /* pixels */
    int list;         /* print the first so many frames that differ */
    FILE *to;         /* where */
} lp_diff_options;

/* ARGUMENT where frames cannot be told apart, naming the two. To be freed also after a failure. */
lightpose_status lp_diff_compare(lp_diff_report *report, const lp_diff_results *a, const lp_diff_results *b,
                                 const lp_diff_options *options, lightpose_error *error);
void lp_diff_report_free(lp_diff_report *report);

/* 1 where anything is in one alone, beyond the tolerance, of another state, or has changed its id. */
int lp_diff_differs(const lp_diff_report *report);

/* The smallest value that at least `share` (0 to 1) of `count` ascending ones do not exceed; 0 where there is none. */
double lp_diff_percentile(const float *values, size_t count, double share);

/* ---- The parts of it --------------------------------------------------------------------------------------------- */

typedef struct lp_diff_pair {
    size_t a, b;
    double similarity;
} lp_diff_pair;

double lp_diff_similarity(const lp_diff_person *a, const lp_diff_person *b, unsigned compared);

/* Pairs people; `pairs` holds the smaller of the two counts. Returns how many, or -1 without memory. */
int lp_diff_match(const lp_diff_person *a, size_t count_a, const lp_diff_person *b, size_t count_b, unsigned compared,
                  lp_diff_pair *pairs);

/* Frames side by side, in order; an index of -1 where one set has none. */
typedef struct lp_diff_row {
    ptrdiff_t a, b;
} lp_diff_row;

lightpose_status lp_diff_align(const lp_diff_results *a, const lp_diff_results *b, lp_diff_row **rows, size_t *count,
                               lightpose_error *error);

#endif
