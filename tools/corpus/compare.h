/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A stored frame beside the same frame computed again.
 *
 * The same version on the same instruction set gives the same bytes. Other instruction sets sum in another order and,
 * in int8, round weights to 7 bits where oneDNN's sums would saturate; so people whose scores lie at a threshold come
 * and go. The tolerance between instruction sets therefore has two parts: a distance that keypoints may lie apart, and
 * a share of the sample's keypoints that may lie further apart, or be in one of the two alone. */

#ifndef LP_TOOLS_CORPUS_COMPARE_H
#define LP_TOOLS_CORPUS_COMPARE_H

#include "output/output.h"

typedef struct lp_corpus_tolerance {
    double pixels;     /* of the video */
    double net_pixels; /* of the network's input; the larger of the two distances holds */
    double share;      /* of the keypoints */
} lp_corpus_tolerance;

/* Between instruction sets, by precision. Measured between AVX2 and the plain C kernels with SSE4.1 on three clips: f32
 * at most 1/16 pixel apart and nothing in one alone; int8 9 % on small people in a street, 2 % on one large person. */
lp_corpus_tolerance lp_corpus_tolerance_of(const char *precision);

typedef struct lp_corpus_comparison {
    int64_t keypoints,
        beyond;      /* those of either; of these the ones that differ by more than the tolerance's distance */
    double farthest; /* pixels, of keypoints of both */
} lp_corpus_comparison;

/* Whether the share of keypoints beyond the distance is one that may be; without keypoints it is. */
int lp_corpus_within(const lp_corpus_tolerance *tolerance, const lp_corpus_comparison *sum);

/* Whether both have the same bytes in a block. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_frames_equal(const lp_output_frame *a, const lp_output_frame *b,
                                                            int *equal, lightpose_error *error);

/* Compares, adds to *sum, and calls `tell` for each thing that differs: "person 2: left_knee is 3.25 pixels apart".
 * Without a tolerance every difference is told. Returns in *states whether one was decoded and the other was not.
 * Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_compare(const lp_output_frame *stored, const lp_output_frame *again,
                                                       const lp_corpus_tolerance *tolerance, lp_corpus_comparison *sum,
                                                       int *states, void (*tell)(void *opaque, const char *text),
                                                       void *opaque, lightpose_error *error);

#endif
