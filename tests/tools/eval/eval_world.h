/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Small labelled worlds, built in memory, for the tests of the evaluator. */

#ifndef LP_TESTS_EVAL_WORLD_H
#define LP_TESTS_EVAL_WORLD_H

#include <math.h>
#include <string.h>

#include "check.h"

#include "eval/score.h"

enum { MOST_LABELS = 64, MOST_IMAGES = 64 };

typedef struct world {
    lp_labelled_image images[MOST_IMAGES];
    lp_label list[MOST_LABELS];
    lp_labels labels;
    lp_detections detections;
    lp_evaluation evaluation;
    double figures[LP_FIGURES];
} world;

/* Images 0 to count - 1. Labels are added image by image. */
static inline void begin(world *w, size_t count) {
    memset(w, 0, sizeof *w);
    w->labels = (lp_labels){.images = w->images, .image_count = count, .labels = w->list, .category = 1};
    for (size_t i = 0; i < count; i++)
        w->images[i].id = (int64_t)i + 1;
}

/* A person standing in the box x, y, side, side: 17 keypoints spread over it, all labelled. */
static inline lp_label *person(world *w, size_t image, double x, double y, double side) {
    lp_label *const label = &w->list[w->labels.label_count];
    assert_true(w->labels.label_count < MOST_LABELS);
    if (w->images[image].labels++ == 0)
        w->images[image].first = w->labels.label_count;
    *label = (lp_label){.id = (int64_t)w->labels.label_count++,
                        .box = {x, y, side, side},
                        .area = side * side,
                        .keypoints = LP_COCO17_KEYPOINTS,
                        .labelled_count = LP_COCO17_KEYPOINTS,
                        .counts = 1};
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
        label->x[k] = x + side * (k % 4) / 3;
        label->y[k] = y + side * (k / 4) / 4;
        label->labelled[k] = 1;
    }
    return label;
}

static inline void without_keypoints(lp_label *label, int crowd) {
    memset(label->labelled, 0, sizeof label->labelled);
    memset(label->x, 0, sizeof label->x);
    memset(label->y, 0, sizeof label->y);
    label->labelled_count = label->keypoints = label->counts = 0;
    label->crowd = crowd;
}

/* What person() would give for that box, as a detection. */
static inline void found(world *w, size_t image, double x, double y, double side, double score) {
    double keypoints[3 * LP_COCO17_KEYPOINTS];
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
        keypoints[3 * k] = x + side * (k % 4) / 3;
        keypoints[3 * k + 1] = y + side * (k / 4) / 4;
        keypoints[3 * k + 2] = 1;
    }
    assert_int_equal(lp_detections_add(&w->detections, image, keypoints, score, NULL), LIGHTPOSE_OK);
}

static inline void evaluate(world *w) {
    assert_int_equal(lp_detections_sort(&w->detections, w->labels.image_count, NULL), LIGHTPOSE_OK);
    assert_int_equal(lp_evaluation_make(&w->evaluation, &w->labels, &w->detections, NULL), LIGHTPOSE_OK);
    lp_evaluation_figures(&w->evaluation, NULL, w->figures);
}

static inline void end(world *w) {
    lp_evaluation_free(&w->evaluation);
    lp_detections_free(&w->detections);
}

#define assert_near(value, wanted) near_at((value), (wanted), 1e-12, #value, __FILE__, __LINE__)

static inline void near_at(double value, double wanted, double by, const char *what, const char *file, int line) {
    if (!(fabs(value - wanted) <= by)) {
        print_error("%s is %.15g, not %.15g\n", what, value, wanted);
        _fail(file, line);
    }
}

#endif
