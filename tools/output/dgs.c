/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The DGS-Korpus wrapper (docs/algorithm.md 10): an array with an object per camera of a session. Each has its id,
 * camera, size, and the OpenPose objects of its frames by ascending number. Every frame of the range is included. */

#include "output/single.h"
#include "output/writers.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

typedef struct dgs {
    lp_single single;
    lp_text frames; /* of the camera, which wait until a frame has a size */
    int width, height;
    int begun; /* the camera's header is written */
    int frame_count, cameras;
} dgs;

static lightpose_status dgs_open(void **state, const char *path, const lp_output_options *options,
                                 lightpose_error *error) {
    const lightpose_status status = lp_single_open(state, sizeof(dgs), path, options, error);
    if (status == LIGHTPOSE_OK)
        lp_text_add(&((dgs *)*state)->single.text, "[");
    return status;
}

/* The corpus names its videos SESSION_CAMERA or SESSION_CAMERA_WIDTHxHEIGHT, with cameras a1, b1 and c. Returns the
 * length of SESSION, and the camera. Any other name is that of a session seen by camera c, the total view. */
static size_t split_name(const char *name, const char **camera, size_t *camera_size) {
    size_t size = strlen(name), end = size;

    while (end > 0 && isdigit((unsigned char)name[end - 1]))
        end--;
    if (end < size && end > 1 && name[end - 1] == 'x') {
        const size_t height = end;
        end--;
        while (end > 0 && isdigit((unsigned char)name[end - 1]))
            end--;
        if (end < height - 1 && end > 1 && name[end - 1] == '_')
            size = end - 1;
    }
    for (end = size; end > 0 && isdigit((unsigned char)name[end - 1]);)
        end--;
    *camera = "c";
    *camera_size = 1;
    if (end > 2 && name[end - 1] >= 'a' && name[end - 1] <= 'c' && name[end - 2] == '_') {
        *camera = name + end - 1;
        *camera_size = size - (end - 1);
        size = end - 2;
    }
    return size;
}

static void begin_camera(dgs *self) {
    const lp_output_stream *const stream = self->single.stream;
    lp_text *const text = &self->single.text;
    const char *camera;
    size_t camera_size;
    const size_t id_size = split_name(stream->name, &camera, &camera_size);

    lp_text_add(text, self->cameras++ > 0 ? ",\n{\"id\":" : "\n{\"id\":");
    lp_text_json_part(text, stream->name, id_size);
    lp_text_add(text, ",\"camera\":");
    lp_text_json_part(text, camera, camera_size);
    lp_text_add(text, ",\"width\":");
    lp_text_integer(text, self->width);
    lp_text_add(text, ",\"height\":");
    lp_text_integer(text, self->height);
    lp_text_add(text, ",\"frames\":{");
    self->begun = 1;
}

static void pass_frames(dgs *self) {
    if (!self->begun)
        begin_camera(self);
    if (self->frames.failed)
        self->single.text.failed = 1;
    lp_text_bytes(&self->single.text, self->frames.data, self->frames.size);
    lp_text_clear(&self->frames);
}

static void end_camera(dgs *self) {
    if (!self->single.stream)
        return;
    pass_frames(self);
    lp_text_add(&self->single.text, "}}");
}

static lightpose_status dgs_begin(void *state, const lp_output_stream *stream, lightpose_error *error) {
    dgs *const self = state;

    end_camera(self);
    self->begun = self->frame_count = 0;
    self->width = stream->width;
    self->height = stream->height;
    return lp_single_begin(state, stream, error);
}

static lightpose_status dgs_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    dgs *const self = state;

    if (self->width == 0 && frame->width > 0) {
        self->width = frame->width;
        self->height = frame->height;
    }
    if (frame->width > 0 && (frame->width != self->width || frame->height != self->height))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "frame %" PRId64 " of \"%s\" is %dx%d, and earlier ones are %dx%d: the DGS wrapper holds one "
                       "size per camera",
                       frame->index, self->single.stream->source, frame->width, frame->height, self->width,
                       self->height);
    lp_text_add(&self->frames, self->frame_count++ > 0 ? ",\n\"" : "\n\"");
    lp_text_integer(&self->frames, frame->index);
    lp_text_add(&self->frames, "\":");
    const lightpose_status status = lp_openpose_object(&self->frames, frame, self->single.options, error);
    if (status != LIGHTPOSE_OK || self->width == 0)
        return status;
    pass_frames(self);
    return lp_single_emit(&self->single, error);
}

static void dgs_abort(void **state) {
    lp_text_free(&((dgs *)*state)->frames);
    lp_single_abort(state);
}

static lightpose_status dgs_close(void **state, lightpose_error *error) {
    dgs *const self = *state;

    end_camera(self);
    lp_text_add(&self->single.text, "\n]\n");
    lp_text_free(&self->frames);
    return lp_single_close(state, error);
}

static void dgs_save(const void *state, lp_text *to) {
    const dgs *const self = state;
    char numbers[100];
    snprintf(numbers, sizeof numbers, "%d %d %d %d %d", self->width, self->height, self->begun, self->frame_count,
             self->cameras);
    lp_text_bytes(to, numbers, strlen(numbers) + 1);
    lp_text_bytes(to, self->frames.data, self->frames.size); /* which wait for the size */
}

static lightpose_status dgs_restore(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                    lightpose_error *error) {
    dgs *const self = state;
    const char *const end = size ? memchr(saved, '\0', size) : NULL;
    if (!end || sscanf(saved, "%d %d %d %d %d", &self->width, &self->height, &self->begun, &self->frame_count,
                       &self->cameras) != 5)
        return lp_fail_restore(error, "dgs");
    lp_text_bytes(&self->frames, end + 1, size - (size_t)(end + 1 - saved));
    return lp_single_restore(state, stream, saved, size, error);
}

const lp_output_writer lp_writer_dgs = {
    .name = "dgs",
    .summary = "DGS-Korpus wrapper: OpenPose JSON of all frames and cameras, one file (.gz: gzipped)",
    .suffix = ".dgs.json.gz",
    .many_streams = 1,
    .open = dgs_open,
    .begin = dgs_begin,
    .frame = dgs_frame,
    .close = dgs_close,
    .abort = dgs_abort,
    .resumes = 1,
    .sync = lp_single_sync,
    .save = dgs_save,
    .restore = dgs_restore,
};
