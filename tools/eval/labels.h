/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Ground truth in COCO's person_keypoints format, with its 17 keypoints (docs/algorithm.md 1). */

#ifndef LP_TOOLS_EVAL_LABELS_H
#define LP_TOOLS_EVAL_LABELS_H

#include "output/keypoints.h"

/* "nose", "left_eye", … */
const char *lp_coco17_name(int keypoint);

typedef struct lp_label {
    int64_t id;
    double x[LP_COCO17_KEYPOINTS], y[LP_COCO17_KEYPOINTS];
    uint8_t labelled[LP_COCO17_KEYPOINTS]; /* v > 0: visible, or hidden and guessed by the labeller */
    int labelled_count;
    double box[4]; /* x, y, width, height */
    double area;   /* of the person's outline, in pixels */
    int keypoints; /* num_keypoints of the file */
    int crowd;     /* a region of many people */
    int counts;    /* 0: ignored, whether found or missed (a crowd, or a person without keypoints) */
} lp_label;

typedef struct lp_labelled_image {
    int64_t id;
    char *file_name;
    int width, height;    /* 0 if the file does not say */
    size_t first, labels; /* position and number of its labels, in the order of the file */
} lp_labelled_image;

typedef struct lp_labels {
    lp_labelled_image *images; /* by ascending id, the order in which COCO's tools join images */
    size_t image_count;
    lp_label *labels; /* grouped by image */
    size_t label_count;
    int64_t category; /* of persons */
} lp_labels;

/* Errors: FILE, MEMORY. Duplicate ids of images or annotations, annotations of an image that is not listed, and other
 * than 17 keypoints are errors. */
lightpose_status lp_labels_load(lp_labels *labels, const char *path, lightpose_error *error);
void lp_labels_free(lp_labels *labels);

/* The position in `images`, or -1. */
ptrdiff_t lp_labels_find_image(const lp_labels *labels, int64_t id);

#endif
