/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Compares a stored frame with the same frame computed again.
 *
 * The same version on the same instruction set gives the same bytes. Other instruction sets sum in another order and,
 * in int8, round weights to 7 bits where oneDNN's sums would saturate; so people with scores near a threshold appear
 * and disappear. The tolerance between instruction sets therefore has two parts: a distance between keypoints, and a
 * share of the sample's keypoints that may be further apart or exist in only one of the two. */

#ifndef LP_TOOLS_CORPUS_COMPARE_H
#define LP_TOOLS_CORPUS_COMPARE_H

#include "output/output.h"

typedef struct lp_corpus_tolerance {
    double pixels;     /* of the video */
    double net_pixels; /* of the network's input; the larger of the two distances applies */
    double share;      /* of the keypoints, 0 to 1 */
} lp_corpus_tolerance;

/* The tolerance between instruction sets, by precision. Measured between AVX2 and the plain C kernels with SSE4.1 on
 * three clips: f32 at most 1/16 pixel apart and nothing in only one of them; int8 9 % on small people in a street, 2 %
 * on one large person. */
lp_corpus_tolerance lp_corpus_tolerance_of(const char *precision);

typedef struct lp_corpus_comparison {
    int64_t keypoints,
        beyond;      /* keypoints of either; of these, the ones that differ by more than the tolerance's distance */
    double farthest; /* pixels, between keypoints that are in both */
} lp_corpus_comparison;

/* Whether the share of keypoints beyond the distance is within the tolerance; 1 if there are no keypoints. */
int lp_corpus_within(const lp_corpus_tolerance *tolerance, const lp_corpus_comparison *sum);

/* Whether both frames have the same bytes in a block. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_frames_equal(const lp_output_frame *a, const lp_output_frame *b,
                                                            int *equal, lightpose_error *error);

/* Compares, adds to *sum, and calls `tell` for each difference beyond the tolerance, as "person 2: 3 keypoints apart,
 * at most 3.25 pixels (left_knee)". Without a tolerance it reports every difference. *states says whether only one of
 * the two frames was decoded. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_compare(const lp_output_frame *stored, const lp_output_frame *again,
                                                       const lp_corpus_tolerance *tolerance, lp_corpus_comparison *sum,
                                                       int *states, void (*tell)(void *opaque, const char *text),
                                                       void *opaque, lightpose_error *error);

#endif
