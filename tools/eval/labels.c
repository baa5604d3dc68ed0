/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/labels.h"

#include "eval/json_file.h"

#include <stdlib.h>
#include <string.h>

const char *lp_coco17_name(int keypoint) {
    return lightpose_keypoint_get_name(lp_coco17_source[keypoint]);
}

static lightpose_status no_memory(const char *path, lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: not enough memory for its contents", path);
}

static int by_image_id(const void *a, const void *b) {
    const int64_t left = ((const lp_labelled_image *)a)->id, right = ((const lp_labelled_image *)b)->id;
    return (left > right) - (left < right);
}

static int by_id(const void *a, const void *b) {
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

ptrdiff_t lp_labels_find_image(const lp_labels *labels, int64_t id) {
    const lp_labelled_image key = {.id = id};
    const lp_labelled_image *const found =
        labels->image_count ? bsearch(&key, labels->images, labels->image_count, sizeof key, by_image_id) : NULL;
    return found ? found - labels->images : -1;
}

static int optional_size(const json_t *image, const char *key) {
    const json_t *const value = json_object_get(image, key);
    const json_int_t size = json_is_integer(value) ? json_integer_value(value) : 0;
    return size > 0 && size <= INT32_MAX ? (int)size : 0;
}

static lightpose_status read_images(lp_labels *labels, const json_t *list, const char *path, lightpose_error *error) {
    const size_t count = json_array_size(list);
    labels->images = calloc(count ? count : 1, sizeof *labels->images);
    if (!labels->images)
        return no_memory(path, error);
    for (size_t i = 0; i < count; i++) {
        const json_t *const entry = json_array_get(list, i);
        const lp_json_place place = {path, "images", i};
        lp_labelled_image *const image = &labels->images[i];
        const char *name;
        LP_TRY(lp_json_integer(entry, "id", place, &image->id, error));
        LP_TRY(lp_json_text(entry, "file_name", place, &name, error));
        image->file_name = strdup(name);
        if (!image->file_name)
            return no_memory(path, error);
        labels->image_count++;
        image->width = optional_size(entry, "width");
        image->height = optional_size(entry, "height");
    }
    qsort(labels->images, count, sizeof *labels->images, by_image_id);
    for (size_t i = 1; i < count; i++)
        if (labels->images[i].id == labels->images[i - 1].id)
            return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: image id %lld occurs twice (%s and %s)", path,
                           (long long)labels->images[i].id, labels->images[i - 1].file_name,
                           labels->images[i].file_name);
    return LIGHTPOSE_OK;
}

/* The category named "person", else the only one; 1 as in COCO if the file lists none. */
static lightpose_status find_category(lp_labels *labels, const json_t *root, const char *path, lightpose_error *error) {
    const json_t *const list = json_object_get(root, "categories");
    const size_t count = json_array_size(list);
    labels->category = 1;
    for (size_t i = 0; i < count; i++) {
        const json_t *const entry = json_array_get(list, i);
        const lp_json_place place = {path, "categories", i};
        const char *name;
        int64_t id;
        LP_TRY(lp_json_integer(entry, "id", place, &id, error));
        LP_TRY(lp_json_text(entry, "name", place, &name, error));
        if (count == 1 || strcmp(name, "person") == 0) {
            labels->category = id;
            return LIGHTPOSE_OK;
        }
    }
    if (count)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: none of its %zu categories is named \"person\"", path, count);
    return LIGHTPOSE_OK;
}

static lightpose_status read_label(lp_label *label, const json_t *entry, lp_json_place place, lightpose_error *error) {
    double triples[3 * LP_COCO17_KEYPOINTS];
    int64_t crowd = 0, keypoints;

    LP_TRY(lp_json_integer(entry, "id", place, &label->id, error));
    LP_TRY(lp_json_numbers(entry, "keypoints", place, triples, 3 * LP_COCO17_KEYPOINTS, error));
    LP_TRY(lp_json_numbers(entry, "bbox", place, label->box, 4, error));
    LP_TRY(lp_json_number(entry, "area", place, &label->area, error));
    if (label->area < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s[%zu].area is %g; wanted at least 0", place.path, place.list,
                       place.index, label->area);
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
        label->x[k] = triples[3 * k];
        label->y[k] = triples[3 * k + 1];
        label->labelled[k] = triples[3 * k + 2] > 0;
        label->labelled_count += label->labelled[k];
    }
    keypoints = label->labelled_count;
    if (json_object_get(entry, "num_keypoints"))
        LP_TRY(lp_json_integer(entry, "num_keypoints", place, &keypoints, error));
    if (json_object_get(entry, "iscrowd"))
        LP_TRY(lp_json_integer(entry, "iscrowd", place, &crowd, error));
    label->keypoints = (int)keypoints;
    label->crowd = crowd != 0;
    label->counts = !label->crowd && keypoints != 0;
    return LIGHTPOSE_OK;
}

/* Finds the image of an annotation; *image is -1 if the annotation is of another category. */
static lightpose_status label_image(const lp_labels *labels, const json_t *entry, lp_json_place place, ptrdiff_t *image,
                                    lightpose_error *error) {
    int64_t id, category = labels->category;
    *image = -1;
    LP_TRY(lp_json_integer(entry, "image_id", place, &id, error));
    if (json_object_get(entry, "category_id"))
        LP_TRY(lp_json_integer(entry, "category_id", place, &category, error));
    if (category != labels->category)
        return LIGHTPOSE_OK;
    *image = lp_labels_find_image(labels, id);
    if (*image < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: annotations[%zu] is of image %lld, which is not listed",
                       place.path, place.index, (long long)id);
    return LIGHTPOSE_OK;
}

static lightpose_status check_ids(const lp_labels *labels, const char *path, lightpose_error *error) {
    int64_t *const ids = malloc((labels->label_count + 1) * sizeof *ids);
    lightpose_status status = LIGHTPOSE_OK;
    if (!ids)
        return no_memory(path, error);
    for (size_t i = 0; i < labels->label_count; i++)
        ids[i] = labels->labels[i].id;
    qsort(ids, labels->label_count, sizeof *ids, by_id);
    for (size_t i = 1; i < labels->label_count && status == LIGHTPOSE_OK; i++)
        if (ids[i] == ids[i - 1])
            status =
                lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: annotation id %lld occurs twice", path, (long long)ids[i]);
    free(ids);
    return status;
}

/* Two passes over the list: count labels per image, then put each into its image's slice, in the order of the file. */
static lightpose_status read_labels(lp_labels *labels, const json_t *list, const char *path, lightpose_error *error) {
    const size_t count = json_array_size(list);
    labels->labels = calloc(count ? count : 1, sizeof *labels->labels);
    if (!labels->labels)
        return no_memory(path, error);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            const lp_json_place place = {path, "annotations", i};
            const json_t *const entry = json_array_get(list, i);
            ptrdiff_t at;
            LP_TRY(label_image(labels, entry, place, &at, error));
            if (at < 0)
                continue;
            lp_labelled_image *const image = &labels->images[at];
            if (pass == 1)
                LP_TRY(read_label(&labels->labels[image->first + image->labels], entry, place, error));
            image->labels++;
        }
        for (size_t i = 0, first = 0; i < labels->image_count && pass == 0; i++) {
            labels->images[i].first = first;
            first += labels->images[i].labels;
            labels->images[i].labels = 0;
            labels->label_count = first;
        }
    }
    return check_ids(labels, path, error);
}

lightpose_status lp_labels_load(lp_labels *labels, const char *path, lightpose_error *error) {
    json_t *root;
    const json_t *images, *annotations;

    memset(labels, 0, sizeof *labels);
    lightpose_status status = lp_json_load(path, &root, error);
    if (status == LIGHTPOSE_OK)
        status = lp_json_list(root, "images", path, &images, error);
    if (status == LIGHTPOSE_OK)
        status = lp_json_list(root, "annotations", path, &annotations, error);
    if (status == LIGHTPOSE_OK)
        status = find_category(labels, root, path, error);
    if (status == LIGHTPOSE_OK)
        status = read_images(labels, images, path, error);
    if (status == LIGHTPOSE_OK)
        status = read_labels(labels, annotations, path, error);
    json_decref(root);
    if (status != LIGHTPOSE_OK)
        lp_labels_free(labels);
    return status;
}

void lp_labels_free(lp_labels *labels) {
    for (size_t i = 0; i < labels->image_count; i++)
        free(labels->images[i].file_name);
    free(labels->images);
    free(labels->labels);
    memset(labels, 0, sizeof *labels);
}
