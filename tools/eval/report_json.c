/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/json_file.h"
#include "eval/report.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* A path may have any bytes, but JSON is UTF-8: replaces other bytes. */
static json_t *text(const char *bytes) {
    json_t *const exact = json_string(bytes);
    char *const copy = exact ? NULL : strdup(bytes);
    for (char *c = copy; c && *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    json_t *const value = exact ? exact : json_string(copy); /* NULL stays NULL */
    free(copy);
    return value;
}

/* A figure without persons that count is null. */
static json_t *figure(double value) {
    return value < 0 ? json_null() : json_real(value);
}

static json_t *all_figures(const double *figures) {
    json_t *const object = json_object();
    for (int f = 0; f < LP_FIGURES; f++)
        json_object_set_new(object, lp_figure_names[f], figure(figures[f]));
    return object;
}

static json_t *keypoints(const lp_breakdown *breakdown) {
    json_t *const object = json_object();
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
        const lp_keypoint_figures *const row = &breakdown->keypoints[k];
        json_object_set_new(object, lp_coco17_name(k),
                            json_pack("{s:i, s:i, s:i, s:i, s:f}", "labelled", row->labelled, "person_found",
                                      row->person_found, "found", row->found, "right", row->right, "similarity",
                                      row->similarity));
    }
    return object;
}

static json_t *groups(const lp_group_figures *list, int count) {
    json_t *const object = json_object();
    for (int i = 0; i < count; i++)
        json_object_set_new(object, list[i].name,
                            json_pack("{s:i, s:i, s:o, s:o, s:o}", "images", list[i].images, "people", list[i].persons,
                                      "AP", figure(list[i].ap), "AP50", figure(list[i].ap50), "AR",
                                      figure(list[i].ar)));
    return object;
}

static json_t *outcome_object(const lp_outcome *outcome) {
    const lp_timing *const timing = &outcome->timing;
    const lp_negatives *const negatives = &outcome->negatives;
    json_t *const object =
        json_pack("{s:o, s:I, s:i, s:i, s:o, s:o, s:o, s:o}", "name", text(outcome->name), "detections",
                  (json_int_t)outcome->detections.added, "people", outcome->breakdown.persons, "people_found",
                  outcome->breakdown.persons_found, "figures", all_figures(outcome->figures), "keypoints",
                  keypoints(&outcome->breakdown), "by_root_of_area", groups(outcome->breakdown.sizes, LP_SIZE_GROUPS),
                  "by_people_in_image", groups(outcome->breakdown.crowds, LP_CROWD_GROUPS));
    if (timing->workers)
        json_object_set_new(object, "timing",
                            json_pack("{s:i, s:i, s:i, s:f, s:f, s:f, s:s, s:s}", "height", timing->height, "threads",
                                      timing->workers, "images", timing->images, "image_ms", timing->image_ms,
                                      "network_ms", timing->network_ms, "decode_ms", timing->decode_ms, "precision",
                                      lightpose_precision_get_name((lightpose_precision)timing->precision), "decoder",
                                      lightpose_decoder_get_name((lightpose_decoder)timing->decoder)));
    if (negatives->images)
        json_object_set_new(
            object, "without_people",
            json_pack("{s:i, s:i, s:i, s:f, s:o, s:o}", "images", negatives->images, "images_with",
                      negatives->images_with, "people", negatives->persons, "best_rank", negatives->best_rank, "worst",
                      negatives->worst ? text(negatives->worst) : json_null(), "AP", figure(negatives->ap)));
    return object;
}

static json_t *comparison_object(const lp_comparison *comparison, const lp_outcome *a, const lp_outcome *b) {
    json_t *const figures = json_object();
    for (int f = 0; f < LP_FIGURES; f++) {
        const lp_difference *const row = &comparison->figures[f];
        if (row->a >= 0)
            json_object_set_new(figures, lp_figure_names[f],
                                json_pack("{s:f, s:f, s:f, s:f}", "difference", row->b - row->a, "low", row->low,
                                          "high", row->high, "p", row->p));
    }
    return json_pack("{s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:o}", "a", text(a->name), "b", text(b->name), "samples",
                     comparison->samples, "found_by_both", comparison->both, "found_by_a", comparison->only_a,
                     "found_by_b", comparison->only_b, "found_by_neither", comparison->neither, "figures", figures);
}

lightpose_status lp_report_json(const char *path, const char *labels_path, const lp_labels *labels,
                                const lp_outcome *outcomes, size_t count, const lp_comparison *comparisons,
                                lightpose_error *error) {
    json_t *const list = json_array(), *const differences = json_array();
    lp_output_file *file = NULL;

    int failed = 0;
    for (size_t i = 0; i < count; i++)
        failed |= json_array_append_new(list, outcome_object(&outcomes[i]));
    for (size_t i = 1; comparisons && i < count; i++)
        failed |=
            json_array_append_new(differences, comparison_object(&comparisons[i - 1], &outcomes[0], &outcomes[i]));
    json_t *const root = json_pack("{s:o, s:I, s:o, s:o}", "labels", text(labels_path), "images",
                                   (json_int_t)labels->image_count, "outcomes", list, "comparisons", differences);
    if (!root || failed) { /* json_pack has released its arguments */
        json_decref(root);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: not enough memory for the report", path);
    }
    lightpose_status status = lp_output_file_open(&file, path, NULL, error);
    if (status == LIGHTPOSE_OK) {
        json_dumpf(root, lp_output_file_stream(file), JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        fputc('\n', lp_output_file_stream(file));
        status = lp_output_file_commit(&file, error);
    }
    json_decref(root);
    return status;
}
