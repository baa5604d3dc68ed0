/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* OpenPose's JSON, a file per frame (docs/algorithm.md 10). Its readers take every file in the folder for a frame, so
 * nothing else is put there. They also expect a file for every frame, so frames without people and undecodable ones
 * have one, too. A file appears when its frame is done: the folder can be followed during a run, and complete files
 * remain if it fails. */

#include "output/guard.h"
#include "output/keypoints.h"
#include "output/writers.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 6 }; /* as a C++ stream */

/* OpenPose's coordinates are floats in every scale. */
static void add_coordinate(lp_text *text, double value) {
    lp_text_number(text, fabs(value) <= FLT_MAX ? (double)(float)value : value, DIGITS);
}

static void add_points(lp_text *text, const lightpose_keypoint *points, int count, const lp_scaling *scaling) {
    for (int i = 0; i < count; i++) {
        if (i > 0)
            lp_text_add(text, ",");
        if (points[i].state == LIGHTPOSE_MISSING) {
            lp_text_add(text, "0,0,0");
            continue;
        }
        add_coordinate(text, points[i].x * scaling->scale_x + scaling->offset_x);
        lp_text_add(text, ",");
        add_coordinate(text, points[i].y * scaling->scale_y + scaling->offset_y);
        lp_text_add(text, ",");
        lp_text_number(text, points[i].score, DIGITS);
    }
}

lightpose_status lp_openpose_object(lp_text *text, const lp_output_frame *frame, const lp_output_options *options,
                                    lightpose_error *error) {
    const lp_keypoint_set set = lp_keypoints_resolve(options->set, LP_KEYPOINTS_BODY25);
    const int count = lightpose_result_get_count(frame->result);
    lp_scaling scaling = {0};

    if (count > 0) {
        const lightpose_status status = lp_scaling_make(&scaling, options, frame, error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    lp_text_add(text, "{\"version\":1.3,\"people\":[");
    for (int i = 0; i < count; i++) {
        const lightpose_pose *const pose = lightpose_result_get_pose(frame->result, i);
        lightpose_keypoint points[LP_MAX_KEYPOINTS];
        lp_keypoints_take(set, pose, options->completed, points);
        lp_text_add(text, i > 0 ? ",{\"person_id\":[" : "{\"person_id\":[");
        lp_text_integer(text, pose->id);
        lp_text_add(text, "],\"pose_keypoints_2d\":[");
        add_points(text, points, lp_keypoints_count(set), &scaling);
        lp_text_add(text, "],\"face_keypoints_2d\":[],\"hand_left_keypoints_2d\":[],\"hand_right_keypoints_2d\":[],"
                          "\"pose_keypoints_3d\":[],\"face_keypoints_3d\":[],\"hand_left_keypoints_3d\":[],"
                          "\"hand_right_keypoints_3d\":[]}");
    }
    lp_text_add(text, "]}");
    return lp_text_check(text, error);
}

/* ---- The folder of files ----------------------------------------------------------------------------------------- */

typedef struct openpose {
    const lp_output_options *options;
    const lp_output_stream *stream;
    const char *folder; /* a copy, after the structure */
    lp_text text, path;
} openpose;

static lightpose_status openpose_open(void **state, const char *path, const lp_output_options *options,
                                      lightpose_error *error) {
    openpose *const self = calloc(1, sizeof *self + strlen(path) + 1);
    *state = self;
    if (!self)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to write into \"%s\"", path);
    self->folder = strcpy((char *)(self + 1), path);
    self->options = options;
    return LIGHTPOSE_OK;
}

static void openpose_picture_path(lp_text *to, const char *folder, const lp_output_options *options,
                                  const lp_output_frame *picture) {
    int size;
    const char *const base = lp_frame_stem(picture, &size);
    (void)options;
    lp_text_add(to, folder);
    lp_text_add(to, "/");
    lp_text_bytes(to, base, (size_t)size);
    lp_text_bytes(to, "_keypoints.json", sizeof "_keypoints.json");
}

/* "FOLDER/NAME_000000000007", "FOLDER/NAME" for a picture, "FOLDER/000000000007" for a camera; then
 * "_keypoints.json". */
static lightpose_status make_path(openpose *self, const lp_output_frame *frame, lightpose_error *error) {
    char number[32];

    lp_text_clear(&self->path);
    if (self->stream->kind == LP_STREAM_IMAGES) {
        openpose_picture_path(&self->path, self->folder, self->options, frame);
        return lp_text_check(&self->path, error);
    }
    snprintf(number, sizeof number, "%012" PRId64, frame->index);
    lp_text_add(&self->path, self->folder);
    lp_text_add(&self->path, "/");
    if (self->stream->kind == LP_STREAM_VIDEO) {
        lp_text_add(&self->path, self->stream->name);
        lp_text_add(&self->path, "_");
    }
    lp_text_add(&self->path, number);
    lp_text_bytes(&self->path, "_keypoints.json", sizeof "_keypoints.json");
    return lp_text_check(&self->path, error);
}

/* A video claims its name only once: its own frames cannot collide. */
static lightpose_status openpose_begin(void *state, const lp_output_stream *stream, lightpose_error *error) {
    openpose *const self = state;
    const int video = stream->kind == LP_STREAM_VIDEO;

    self->stream = stream;
    if (stream->kind == LP_STREAM_IMAGES)
        return LIGHTPOSE_OK;
    lp_text_clear(&self->path);
    lp_text_add(&self->path, self->folder);
    lp_text_add(&self->path, video ? "/" : "/*_keypoints");
    lp_text_add(&self->path, video ? stream->name : "");
    lp_text_add(&self->path, video ? "_*_keypoints" : "");
    lp_text_bytes(&self->path, ".json", sizeof ".json");
    const lightpose_status status = lp_text_check(&self->path, error);
    return status == LIGHTPOSE_OK ? lp_output_guard_claim(self->options->guard, self->path.data, error) : status;
}

static lightpose_status openpose_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    openpose *const self = state;
    lp_output_file *file = NULL;

    lp_text_clear(&self->text);
    lightpose_status status = make_path(self, frame, error);
    if (status == LIGHTPOSE_OK)
        status = lp_openpose_object(&self->text, frame, self->options, error);
    if (status == LIGHTPOSE_OK && self->stream->kind == LP_STREAM_IMAGES)
        status = lp_output_guard_claim(self->options->guard, self->path.data, error);
    if (status == LIGHTPOSE_OK && lp_output_guard_keeps(self->options->guard, self->path.data))
        return LIGHTPOSE_OK;
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_open(&file, self->path.data, self->options->guard, error);
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_write(file, self->text.data, self->text.size, error);
    if (status != LIGHTPOSE_OK) {
        lp_output_file_abort(&file);
        return status;
    }
    return lp_output_file_commit(&file, error);
}

static void openpose_abort(void **state) {
    openpose *const self = *state;
    lp_text_free(&self->text);
    lp_text_free(&self->path);
    free(self);
    *state = NULL;
}

static lightpose_status openpose_close(void **state, lightpose_error *error) {
    (void)error;
    openpose_abort(state);
    return LIGHTPOSE_OK;
}

/* Each file is complete by itself; those of repeated frames are written again. */
static lightpose_status openpose_restore(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                         lightpose_error *error) {
    (void)saved, (void)size;
    return openpose_begin(state, stream, error);
}

const lp_output_writer lp_writer_openpose = {
    .name = "openpose",
    .summary = "OpenPose JSON, a file per frame",
    .folder = "openpose",
    .picture_path = openpose_picture_path,
    .many_streams = 1,
    .open = openpose_open,
    .begin = openpose_begin,
    .frame = openpose_frame,
    .close = openpose_close,
    .abort = openpose_abort,
    .resumes = 1,
    .restore = openpose_restore,
};
