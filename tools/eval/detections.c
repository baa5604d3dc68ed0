/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/detections.h"

#include "eval/json_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double extent_area(const lp_detection *detection) {
    double low_x = detection->x[0], high_x = low_x, low_y = detection->y[0], high_y = low_y;
    for (int k = 1; k < LP_COCO17_KEYPOINTS; k++) {
        low_x = fmin(low_x, detection->x[k]);
        high_x = fmax(high_x, detection->x[k]);
        low_y = fmin(low_y, detection->y[k]);
        high_y = fmax(high_y, detection->y[k]);
    }
    return (high_x - low_x) * (high_y - low_y);
}

static lightpose_status room_for_one(lp_detections *detections, lightpose_error *error) {
    if (detections->count < detections->capacity)
        return LIGHTPOSE_OK;
    const size_t capacity = detections->capacity ? 2 * detections->capacity : 256;
    lp_detection *const list = reallocarray(detections->list, capacity, sizeof *list);
    if (!list)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %zu detections", capacity);
    detections->list = list;
    detections->capacity = capacity;
    return LIGHTPOSE_OK;
}

lightpose_status lp_detections_add(lp_detections *detections, size_t image, const double *keypoints, double score,
                                   lightpose_error *error) {
    if (!isfinite(score))
        return lp_fail(error, LIGHTPOSE_ERROR_NOT_FINITE, "detection %zu has the score %g", detections->count, score);
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++)
        if (!isfinite(keypoints[3 * k]) || !isfinite(keypoints[3 * k + 1]))
            return lp_fail(error, LIGHTPOSE_ERROR_NOT_FINITE, "detection %zu has its %s at %g, %g", detections->count,
                           lp_coco17_name(k), keypoints[3 * k], keypoints[3 * k + 1]);
    LP_TRY(room_for_one(detections, error));
    lp_detection *const detection = &detections->list[detections->count];
    memset(detection, 0, sizeof *detection); /* padding too, so that detections can be compared with memcmp */
    detection->image = image;
    detection->order = detections->count++;
    detection->score = score;
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
        detection->x[k] = keypoints[3 * k];
        detection->y[k] = keypoints[3 * k + 1];
        detection->found[k] = keypoints[3 * k + 2] > 0;
    }
    detection->area = extent_area(detection);
    return LIGHTPOSE_OK;
}

static int by_image_then_score(const void *a, const void *b) {
    const lp_detection *const left = a, *const right = b;
    if (left->image != right->image)
        return left->image < right->image ? -1 : 1;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    return (left->order > right->order) - (left->order < right->order);
}

lightpose_status lp_detections_sort(lp_detections *detections, size_t image_count, lightpose_error *error) {
    detections->first = calloc(image_count + 1, sizeof *detections->first);
    if (!detections->first)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %zu images", image_count);
    detections->image_count = image_count;
    detections->added = detections->count;
    if (detections->count)
        qsort(detections->list, detections->count, sizeof *detections->list, by_image_then_score);
    size_t kept = 0, at = 0;
    for (size_t image = 0; image < image_count; image++) {
        detections->first[image] = kept;
        for (size_t rank = 0; at < detections->added && detections->list[at].image == image; at++, rank++)
            if (rank < LP_COCO_MAX_DETECTIONS)
                detections->list[kept++] = detections->list[at];
    }
    detections->first[image_count] = detections->count = kept;
    return LIGHTPOSE_OK;
}

static lightpose_status read_one(lp_detections *detections, const lp_labels *labels, const json_t *entry,
                                 lp_json_place place, int boxes, lightpose_error *error) {
    double keypoints[3 * LP_COCO17_KEYPOINTS], score, box[4];
    int64_t id, category = labels->category;

    LP_TRY(lp_json_integer(entry, "image_id", place, &id, error));
    const ptrdiff_t image = lp_labels_find_image(labels, id);
    if (image < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: [%zu].image_id is %lld, an image that the labels do not list",
                       place.path, place.index, (long long)id);
    if (json_object_get(entry, "category_id"))
        LP_TRY(lp_json_integer(entry, "category_id", place, &category, error));
    if (category != labels->category)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: [%zu].category_id is %lld; wanted %lld, a person", place.path,
                       place.index, (long long)category, (long long)labels->category);
    LP_TRY(lp_json_numbers(entry, "keypoints", place, keypoints, 3 * LP_COCO17_KEYPOINTS, error));
    LP_TRY(lp_json_number(entry, "score", place, &score, error));
    if (boxes)
        LP_TRY(lp_json_numbers(entry, "bbox", place, box, 4, error));
    LP_TRY(lp_detections_add(detections, (size_t)image, keypoints, score, error));
    if (boxes)
        detections->list[detections->count - 1].area = box[2] * box[3];
    return LIGHTPOSE_OK;
}

lightpose_status lp_detections_load(lp_detections *detections, const lp_labels *labels, const char *path,
                                    lightpose_error *error) {
    json_t *root;
    memset(detections, 0, sizeof *detections);
    lightpose_status status = lp_json_load(path, &root, error);
    if (status == LIGHTPOSE_OK && !json_is_array(root))
        status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: no array at the top; is it a COCO results file?", path);
    /* If the first detection has a box, COCO's tools take all areas from the boxes. */
    const int boxes = json_array_size(json_object_get(json_array_get(root, 0), "bbox")) > 0;
    for (size_t i = 0; status == LIGHTPOSE_OK && i < json_array_size(root); i++)
        status = read_one(detections, labels, json_array_get(root, i), (lp_json_place){path, "", i}, boxes, error);
    if (status == LIGHTPOSE_OK)
        status = lp_detections_sort(detections, labels->image_count, error);
    json_decref(root);
    if (status != LIGHTPOSE_OK)
        lp_detections_free(detections);
    return status;
}

static json_t *result_object(const lp_detection *detection, const lp_labels *labels) {
    json_t *const keypoints = json_array();
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
        json_array_append_new(keypoints, json_real(detection->x[k]));
        json_array_append_new(keypoints, json_real(detection->y[k]));
        json_array_append_new(keypoints, json_integer(detection->found[k]));
    }
    return json_pack("{s:I, s:I, s:o, s:f}", "image_id", (json_int_t)labels->images[detection->image].id, "category_id",
                     (json_int_t)labels->category, "keypoints", keypoints, "score", detection->score);
}

lightpose_status lp_detections_save(const lp_detections *detections, const lp_labels *labels, const char *path,
                                    lightpose_error *error) {
    lp_output_file *file;
    LP_TRY(lp_output_file_open(&file, path, NULL, error));
    FILE *const to = lp_output_file_stream(file);
    for (size_t i = 0; i < detections->count; i++) {
        json_t *const object = result_object(&detections->list[i], labels);
        fputs(i ? ",\n" : "[\n", to);
        if (!object || json_dumpf(object, to, JSON_COMPACT | JSON_REAL_PRECISION(9)) != 0) {
            json_decref(object);
            lp_output_file_abort(&file);
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: not enough memory for detection %zu", path, i);
        }
        json_decref(object);
    }
    fputs(detections->count ? "\n]\n" : "[]\n", to);
    return lp_output_file_commit(&file, error);
}

void lp_detections_free(lp_detections *detections) {
    free(detections->list);
    free(detections->first);
    memset(detections, 0, sizeof *detections);
}
