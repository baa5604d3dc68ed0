/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The limbs of one kind: which peaks of two keypoint types the part affinity field joins. docs/algorithm.md 6, 7.
 *
 * The rule, for every pair of a peak a of the limb's first type and a peak b of its second:
 *   - `samples` points from a to b, both included, are rounded to whole pixels, halves to even;
 *   - each scores the field's dot product with the pair's unit vector (1e-6 is added to the pair's length, so that
 *     coincident peaks score 0 and are never joined);
 *   - points that score above `limb_threshold` support the pair; the pair is a candidate if their share is above
 *     `limb_ratio`;
 *   - its score is the mean over the points that support it (1e-6 is added to their number too), and must be positive.
 * Candidates are then taken by score, the higher first, equal ones by a, then by b, and become links unless a or b is
 * taken.
 *
 * The arithmetic is that of the published code under NumPy: float32, sums in NumPy's order, the mean in double. */

#ifndef LP_DECODE_LIMBS_H
#define LP_DECODE_LIMBS_H

#include "decode/peaks.h"
#include "decode/skeleton.h"

enum { LP_MAX_SAMPLES = 32 };

typedef struct lp_link {
    int a, b; /* indices into the peaks of the limb's two types */
    double score;
} lp_link;

typedef struct lp_links {
    void *data; /* of lp_link, in the order accepted */
    size_t capacity;
    int count;
    void *firsts; /* of int: for each peak of the two types its first link */
    size_t firsts_capacity;
} lp_links;

typedef struct lp_limb_rule {
    int samples, needed; /* points of a pair, and how many of them must support it */
    float threshold;
    float step;                               /* between points, as a share of the way */
    int order[LP_MAX_SAMPLES];                /* in which points are read; it affects only the time: see limbs.c */
    float order_as_float[LP_MAX_SAMPLES + 8]; /* with room for a vector that starts at the last one */
} lp_limb_rule;

lp_limb_rule lp_limb_rule_make(const lightpose_settings *settings);

/* The links of limb `limb` between the peaks of its two types. Returns 0, or -1 if memory is exhausted. */
int lp_links_find(lp_links *links, const lp_field *field, int limb, const lp_limb_rule *rule, const lp_peaks *from,
                  const lp_peaks *to);

void lp_links_free(lp_links *links);

#endif
