/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a decoder found on the labelled images, from a COCO results file or from memory. */

#ifndef LP_TOOLS_EVAL_DETECTIONS_H
#define LP_TOOLS_EVAL_DETECTIONS_H

#include "eval/labels.h"

enum { LP_COCO_MAX_DETECTIONS = 20 }; /* per image; the rest is ignored */

typedef struct lp_detection {
    size_t image; /* position in lp_labels.images */
    size_t order; /* position in the order in which they were added */
    double x[LP_COCO17_KEYPOINTS], y[LP_COCO17_KEYPOINTS];
    uint8_t found[LP_COCO17_KEYPOINTS]; /* v > 0 */
    double score;
    double area; /* of the bounding box of all 17 positions, including missing ones at (0, 0), as in COCO's tools */
} lp_detection;

typedef struct lp_detections {
    lp_detection *list; /* after lp_detections_sort: by image, best score first, at most 20 for an image */
    size_t count, capacity;
    size_t *first; /* image i has list[first[i]] to list[first[i + 1] - 1] */
    size_t image_count;
    size_t added; /* number before the cut to 20 per image */
} lp_detections;

/* `keypoints`: 17 triples x, y, v. `image` is a position in labels->images. Errors: NOT_FINITE, MEMORY. */
lightpose_status lp_detections_add(lp_detections *detections, size_t image, const double *keypoints, double score,
                                   lightpose_error *error);

/* Call it once after the last detection was added. */
lightpose_status lp_detections_sort(lp_detections *detections, size_t image_count, lightpose_error *error);

/* Reads a COCO results file and sorts the detections. Images that the labels do not list and other categories are
 * errors. */
lightpose_status lp_detections_load(lp_detections *detections, const lp_labels *labels, const char *path,
                                    lightpose_error *error);

/* Writes them as a COCO results file, completely or not at all; "-" is standard output. Values that were float are
 * exact after reading back. */
lightpose_status lp_detections_save(const lp_detections *detections, const lp_labels *labels, const char *path,
                                    lightpose_error *error);

void lp_detections_free(lp_detections *detections);

#endif
