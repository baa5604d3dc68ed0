/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* COCO's keypoint results (docs/algorithm.md 10): one array, an object per person. image_id is the last number in a
 * picture's name, or the frame's index in a video. Frames without people have no entry, as the format requires.
 * Completed keypoints are always included: accuracy is measured on this format. */

#include "output/keypoints.h"
#include "output/single.h"
#include "output/writers.h"

#include <inttypes.h>
#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { PIXEL_DECIMALS = 3 };

typedef struct coco {
    lp_single single;
    void *ids; /* a tsearch tree of the image_ids of pictures so far */
    int64_t people;
} coco;

int lp_image_number(const char *path, int64_t *number) {
    int size;
    const char *const name = lp_base_name(path, &size);
    int end = size;

    while (end > 0 && (name[end - 1] < '0' || name[end - 1] > '9'))
        end--;
    int start = end;
    while (start > 0 && name[start - 1] >= '0' && name[start - 1] <= '9')
        start--;
    int64_t value = 0;
    for (int i = start; i < end; i++) {
        value = value * 10 + (name[i] - '0');
        if (value >= INT64_C(1) << 53) /* JSON readers hold numbers as doubles */
            return 0;
    }
    *number = value;
    return end > start;
}

static int compare(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static lightpose_status image_id(coco *self, const lp_output_frame *frame, int64_t *id, lightpose_error *error) {
    *id = frame->index;
    if (self->single.stream->kind != LP_STREAM_IMAGES)
        return LIGHTPOSE_OK;
    if (!lp_image_number(frame->name, id))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "\"%s\": COCO results call pictures by a number below 2^53, and its name has none", frame->name);
    int64_t *const key = malloc(sizeof *key);
    int64_t **const node = key ? (*key = *id, tsearch(key, &self->ids, compare)) : NULL;
    const int is_new = node && *node == key;
    if (!is_new)
        free(key);
    if (!node)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the numbers of the pictures");
    if (!is_new)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "\"%s\": COCO results call pictures by number, and an earlier one has the number %" PRId64,
                       frame->name, *id);
    return LIGHTPOSE_OK;
}

static lightpose_status coco_open(void **state, const char *path, const lp_output_options *options,
                                  lightpose_error *error) {
    const lightpose_status status = lp_single_open(state, sizeof(coco), path, options, error);
    if (status == LIGHTPOSE_OK)
        lp_text_add(&((coco *)*state)->single.text, "[");
    return status;
}

static lightpose_status coco_begin(void *state, const lp_output_stream *stream, lightpose_error *error) {
    coco *const self = state;
    const lp_output_stream *const before = self->single.stream;

    if (before && (before->kind != LP_STREAM_IMAGES || stream->kind != LP_STREAM_IMAGES))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "COCO results do not name the input: \"%s\" cannot follow \"%s\" in one file", stream->source,
                       before->source);
    return lp_single_begin(state, stream, error);
}

static void add_person(lp_text *text, int64_t id, const lightpose_pose *pose) {
    lightpose_keypoint points[LP_MAX_KEYPOINTS];

    lp_keypoints_take(LP_KEYPOINTS_COCO18, pose, 1, points);
    lp_text_add(text, "{\"image_id\":");
    lp_text_integer(text, id);
    lp_text_add(text, ",\"category_id\":1,\"keypoints\":[");
    for (int i = 0; i < LP_COCO17_KEYPOINTS; i++) {
        const lightpose_keypoint *const point = &points[lp_coco17_source[i]];
        if (i > 0)
            lp_text_add(text, ",");
        lp_text_decimals(text, point->x, PIXEL_DECIMALS);
        lp_text_add(text, ",");
        lp_text_decimals(text, point->y, PIXEL_DECIMALS);
        lp_text_add(text, point->state == LIGHTPOSE_MISSING ? ",0" : ",1");
    }
    lp_text_add(text, "],\"score\":");
    lp_text_float(text, isfinite(pose->rank) ? pose->rank : 0);
    lp_text_add(text, "}");
}

static int has_any(const lightpose_pose *pose) {
    lightpose_keypoint points[LP_MAX_KEYPOINTS];
    lp_keypoints_take(LP_KEYPOINTS_COCO18, pose, 1, points);
    for (int i = 0; i < LP_COCO17_KEYPOINTS; i++)
        if (points[lp_coco17_source[i]].state != LIGHTPOSE_MISSING)
            return 1;
    return 0; /* a neck alone */
}

static lightpose_status coco_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    coco *const self = state;
    int64_t id;

    const lightpose_status status = image_id(self, frame, &id, error);
    if (status != LIGHTPOSE_OK)
        return status;
    for (int i = 0; i < lightpose_result_get_count(frame->result); i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(frame->result, i);
        if (!has_any(pose))
            continue;
        lp_text_add(&self->single.text, self->people++ > 0 ? ",\n" : "\n");
        add_person(&self->single.text, id, pose);
    }
    return lp_single_emit(&self->single, error);
}

static lightpose_status coco_close(void **state, lightpose_error *error) {
    coco *const self = *state;
    tdestroy(self->ids, free);
    lp_text_add(&self->single.text, "\n]\n");
    return lp_single_close(state, error);
}

static void coco_abort(void **state) {
    tdestroy(((coco *)*state)->ids, free);
    lp_single_abort(state);
}

/* The numbers of earlier pictures are not saved: a run checks for duplicates before it begins. */
static void coco_save(const void *state, lp_text *to) {
    lp_text_integer(to, ((const coco *)state)->people);
    lp_text_bytes(to, "", 1);
}

static lightpose_status coco_restore(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                     lightpose_error *error) {
    if (sscanf(size ? saved : "", "%" SCNd64, &((coco *)state)->people) != 1)
        return lp_fail_restore(error, "coco");
    return lp_single_restore(state, stream, saved, size, error);
}

const lp_output_writer lp_writer_coco = {
    .name = "coco",
    .summary = "COCO keypoint results: an array of people, one file",
    .suffix = ".coco.json",
    .many_streams = 2, /* frames of a video have only numbers */
    .open = coco_open,
    .begin = coco_begin,
    .frame = coco_frame,
    .close = coco_close,
    .abort = coco_abort,
    .resumes = 1,
    .sync = lp_single_sync,
    .save = coco_save,
    .restore = coco_restore,
};
