/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Matches detections with labelled persons at each OKS threshold, by COCO's rules. */

#ifndef LP_TOOLS_EVAL_MATCH_H
#define LP_TOOLS_EVAL_MATCH_H

#include "eval/detections.h"

enum { LP_OKS_THRESHOLDS = 10 }; /* 0.50, 0.55, …, 0.95 */
enum { LP_OKS_50 = 0, LP_OKS_75 = 5 };

double lp_oks_threshold(int index);

/* Persons with an area outside the range are ignored, and so are unmatched detections with an area outside it. */
typedef struct lp_area_range {
    double low, high; /* square pixels, both included */
} lp_area_range;

extern const lp_area_range lp_area_all, lp_area_medium, lp_area_large;

/* What scoring needs of one detection. It is separate and small because a comparison reads all of them thousands of
 * times. */
typedef struct lp_verdict {
    uint32_t image;
    uint16_t matched, ignored; /* bit t: at threshold t */
} lp_verdict;

typedef struct lp_match {
    const lp_detection *detection;
    lp_verdict verdict;
    const lp_label *label[LP_OKS_THRESHOLDS]; /* set if matched */
} lp_match;

typedef struct lp_matches {
    lp_match *list;       /* of all images, best score first; among equals by image, then as in the image */
    lp_verdict *verdicts; /* of the list, in its order */
    size_t count;
    unsigned *persons; /* per image: number of labels that count */
    size_t image_count;
} lp_matches;

lightpose_status lp_matches_make(lp_matches *matches, const lp_labels *labels, const lp_detections *detections,
                                 lp_area_range range, lightpose_error *error);
void lp_matches_free(lp_matches *matches);

#endif
