/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* COCO's labels and, behind a zero byte, COCO's results on them: what `lightpose eval` reads. Either is refused with a
 * message, or the figures that come of both are shares. */

#include "fuzz.h"

#include <stdlib.h>

#include "eval/compare.h"

static void evaluate(const lp_labels *labels, const lp_detections *detections) {
    lp_evaluation evaluation;
    lightpose_error error = {0};
    double figures[LP_FIGURES];

    must(fuzz_told(lp_evaluation_make(&evaluation, labels, detections, &error), &error));
    lp_evaluation_figures(&evaluation, NULL, figures);
    for (int i = 0; i < LP_FIGURES; i++)
        must(figures[i] == -1 || (figures[i] >= 0 && figures[i] <= 1));
    lp_evaluation_free(&evaluation);
}

static void check(const lp_labels *labels) {
    for (size_t i = 0; i < labels->image_count; i++) {
        const lp_labelled_image *const image = &labels->images[i];
        must(image->first <= labels->label_count && image->labels <= labels->label_count - image->first);
        must(image->file_name && lp_labels_find_image(labels, image->id) == (ptrdiff_t)i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    lp_labels labels = {0};
    lp_detections detections = {0};
    lightpose_error error = {0};
    size_t part;

    uint8_t *const first = fuzz_part(&input, &part);
    if (fuzz_told(lp_labels_load(&labels, fuzz_file(0, first, part), &error), &error)) {
        check(&labels);
        if (fuzz_told(lp_detections_load(&detections, &labels, fuzz_file(1, input.at, input.left), &error), &error))
            evaluate(&labels, &detections);
        lp_detections_free(&detections);
    }
    lp_labels_free(&labels);
    free(first);
    return 0;
}
