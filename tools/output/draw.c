/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Annotated pictures, a file per frame: NAME_pose.jpg, or NAME_000000000007_pose.png for a video. By default, JPEG
 * remains JPEG; other pictures and video frames become PNG. */

#include "output/encode.h"
#include "output/guard.h"
#include "output/writers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>

typedef struct draw {
    const lp_output_options *options;
    const lp_output_stream *stream;
    const char *folder; /* a copy, after the structure */
    lp_text path;
    lp_canvas canvas;
    AVPacket *packet;
} draw;

static lightpose_status draw_open(void **state, const char *path, const lp_output_options *options,
                                  lightpose_error *error) {
    draw *const self = calloc(1, sizeof *self + strlen(path) + 1);
    AVPacket *packet = av_packet_alloc();
    *state = self;
    if (!self || !packet) {
        free(self);
        av_packet_free(&packet);
        *state = NULL;
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to draw into \"%s\"", path);
    }
    self->folder = strcpy((char *)(self + 1), path);
    self->options = options;
    self->packet = packet;
    return LIGHTPOSE_OK;
}

/* A stream other than pictures claims its name only once: its own frames cannot collide. */
static lightpose_status draw_begin(void *state, const lp_output_stream *stream, lightpose_error *error) {
    draw *const self = state;
    self->stream = stream;
    if (stream->kind == LP_STREAM_IMAGES)
        return LIGHTPOSE_OK;
    lp_text_clear(&self->path);
    lp_text_add(&self->path, self->folder);
    lp_text_add(&self->path, "/");
    lp_text_add(&self->path, stream->name);
    lp_text_bytes(&self->path, "_*_pose", sizeof "_*_pose");
    const lightpose_status status = lp_text_check(&self->path, error);
    return status == LIGHTPOSE_OK ? lp_output_guard_claim(self->options->guard, self->path.data, error) : status;
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

static lp_picture_kind kind_of(const lp_output_options *options, const lp_output_frame *frame) {
    const char *const format = options->picture_format;
    if (format && strcmp(format, "source"))
        return strcmp(format, "jpg") ? LP_PICTURE_PNG : LP_PICTURE_JPEG;
    return lp_picture_kind_of(frame->name);
}

static void add_ending(lp_text *to, lp_picture_kind kind) {
    const char *const ending = kind == LP_PICTURE_JPEG ? "_pose.jpg" : "_pose.png";
    lp_text_bytes(to, ending, strlen(ending) + 1);
}

static void draw_picture_path(lp_text *to, const char *folder, const lp_output_options *options,
                              const lp_output_frame *picture) {
    int size;
    const char *const base = lp_frame_stem(picture, &size);
    lp_text_add(to, folder);
    lp_text_add(to, "/");
    lp_text_bytes(to, base, (size_t)size);
    add_ending(to, kind_of(options, picture));
}

static lightpose_status make_path(draw *self, const lp_output_frame *frame, lp_picture_kind kind,
                                  lightpose_error *error) {
    char number[32];
    lp_text_clear(&self->path);
    if (self->stream->kind == LP_STREAM_IMAGES) {
        draw_picture_path(&self->path, self->folder, self->options, frame);
        return lp_text_check(&self->path, error);
    }
    snprintf(number, sizeof number, "_%012" PRId64, frame->index);
    lp_text_add(&self->path, self->folder);
    lp_text_add(&self->path, "/");
    lp_text_add(&self->path, self->stream->name);
    lp_text_add(&self->path, number);
    add_ending(&self->path, kind);
    return lp_text_check(&self->path, error);
}

static lightpose_status draw_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    draw *const self = state;
    lp_output_file *file = NULL;
    if (frame->state != LP_FRAME_OK)
        return LIGHTPOSE_OK;
    const lp_picture_kind kind = kind_of(self->options, frame);
    lightpose_status status = make_path(self, frame, kind, error);
    if (status == LIGHTPOSE_OK && self->stream->kind == LP_STREAM_IMAGES)
        status = lp_output_guard_claim(self->options->guard, self->path.data, error);
    if (status == LIGHTPOSE_OK && lp_output_guard_keeps(self->options->guard, self->path.data))
        return LIGHTPOSE_OK;
    if (status == LIGHTPOSE_OK)
        status = lp_canvas_draw(&self->canvas, frame->picture, frame->result, &self->options->draw, error);
    if (status == LIGHTPOSE_OK)
        status = lp_picture_encode(&self->canvas, kind, self->options->quality, self->packet, self->path.data, error);
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_open(&file, self->path.data, self->options->guard, error);
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_write(file, self->packet->data, (size_t)self->packet->size, error);
    av_packet_unref(self->packet);
    if (status != LIGHTPOSE_OK) {
        lp_output_file_abort(&file);
        return status;
    }
    return lp_output_file_commit(&file, error);
}

static void draw_abort(void **state) {
    draw *const self = *state;
    lp_text_free(&self->path);
    lp_canvas_free(&self->canvas);
    av_packet_free(&self->packet);
    free(self);
    *state = NULL;
}

static lightpose_status draw_close(void **state, lightpose_error *error) {
    (void)error;
    draw_abort(state);
    return LIGHTPOSE_OK;
}

/* Each file is complete by itself; those of repeated frames are written again. */
static lightpose_status draw_restore(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                     lightpose_error *error) {
    (void)saved, (void)size;
    return draw_begin(state, stream, error);
}

const lp_output_writer lp_writer_draw = {
    .name = "draw",
    .summary = "annotated pictures, one per frame",
    .folder = "",
    .picture_path = draw_picture_path,
    .many_streams = 1,
    .needs_picture = 1,
    .open = draw_open,
    .begin = draw_begin,
    .frame = draw_frame,
    .close = draw_close,
    .abort = draw_abort,
    .resumes = 1,
    .restore = draw_restore,
};
