/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Compares two sets of results, frame by frame and person by person.
 *
 * Frames are paired by name if both formats have names and at least one is common, else by number.
 *
 * People of a frame are paired greedily, the most similar first; ties go to the smaller index in A, then in B.
 * Similarity is that of COCO (docs/algorithm.md 9): the mean of exp(-d^2 / (2 area (2 sigma)^2)) over the keypoints
 * that either person has, where a keypoint of only one person counts 0. The area is that of the larger of the two
 * boxes. A similarity below LP_DIFF_SIMILAR makes no pair: both people count as missing in the other set.
 *
 * An id change is counted if the partner of a person has another id than before. The values of ids may differ: only
 * their continuity is compared. */

#ifndef LP_TOOLS_DIFF_COMPARE_H
#define LP_TOOLS_DIFF_COMPARE_H

#include "diff/results.h"

#include <stdio.h>

#define LP_DIFF_SIMILAR 0.1

typedef struct lp_diff_tally { /* how many are in both sets, or in only one */
    size_t both, only_a, only_b;
} lp_diff_tally;

typedef struct lp_diff_worst {
    double value;
    const lp_diff_frame *frame; /* in A; NULL: no value */
    size_t person;              /* in that frame of A */
    int keypoint;
} lp_diff_worst;

typedef struct lp_diff_report {
    lp_diff_tally frames, people, keypoints[LIGHTPOSE_KEYPOINTS];
    size_t states;                         /* frames decoded in only one set */
    float *distances[LIGHTPOSE_KEYPOINTS]; /* in pixels, ascending; keypoints[k].both of them */
    size_t rooms[LIGHTPOSE_KEYPOINTS];     /* capacities of the arrays above */
    size_t beyond;                         /* distances above the tolerance */
    size_t id_changes_a, id_changes_b;     /* of people who keep their id in the other set */
    unsigned compared;                     /* the keypoints that both formats have */
    lp_diff_worst distance, score;
} lp_diff_report;

typedef struct lp_diff_options {
    double tolerance; /* pixels */
    int list;         /* print at most this many frames that differ */
    FILE *to;         /* where to print them */
} lp_diff_options;

/* Errors: ARGUMENT (two frames of a set have the same name or number, or a frame has neither), MEMORY. The report must
 * be freed even after a failure. */
lightpose_status lp_diff_compare(lp_diff_report *report, const lp_diff_results *a, const lp_diff_results *b,
                                 const lp_diff_options *options, lightpose_error *error);
void lp_diff_report_free(lp_diff_report *report);

/* 1 if anything is in only one set, is beyond the tolerance, has another state or has changed its id. */
int lp_diff_differs(const lp_diff_report *report);

/* The nearest-rank percentile: the smallest of `count` ascending values that at least `share` (0 to 1) of them do not
 * exceed; 0 if there are none. */
double lp_diff_percentile(const float *values, size_t count, double share);

/* ---- Parts ------------------------------------------------------------------------------------------------------- */

typedef struct lp_diff_pair {
    size_t a, b;
    double similarity;
} lp_diff_pair;

double lp_diff_similarity(const lp_diff_person *a, const lp_diff_person *b, unsigned compared);

/* Pairs people; `pairs` has room for the smaller of the two counts. Returns the number of pairs, or -1 if out of
 * memory. */
int lp_diff_match(const lp_diff_person *a, size_t count_a, const lp_diff_person *b, size_t count_b, unsigned compared,
                  lp_diff_pair *pairs);

/* Indices of two paired frames; -1 if a set lacks the frame. Rows are in order of name or number. */
typedef struct lp_diff_row {
    ptrdiff_t a, b;
} lp_diff_row;

lightpose_status lp_diff_align(const lp_diff_results *a, const lp_diff_results *b, lp_diff_row **rows, size_t *count,
                               lightpose_error *error);

#endif
