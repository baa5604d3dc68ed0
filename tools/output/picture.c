/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One annotated picture under the name that the user gave, whose extension decides between JPEG and PNG. */

#include "output/encode.h"
#include "output/writers.h"

#include <inttypes.h>
#include <stdlib.h>

#include <libavcodec/packet.h>

typedef struct picture {
    const lp_output_options *options;
    lp_output_file *file;
    lp_canvas canvas;
    AVPacket *packet; /* the bytes of the picture; empty before it */
} picture;

static void release(void **state) {
    picture *const self = *state;
    lp_canvas_free(&self->canvas);
    av_packet_free(&self->packet);
    free(self);
    *state = NULL;
}

static lightpose_status picture_open(void **state, const char *path, const lp_output_options *options,
                                     lightpose_error *error) {
    picture *const self = calloc(1, sizeof *self);
    *state = self;
    if (!self || !(self->packet = av_packet_alloc())) {
        free(self);
        *state = NULL;
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to draw \"%s\"", path);
    }
    self->options = options;
    const lightpose_status status = lp_output_file_open(&self->file, path, options->guard, error);
    if (status != LIGHTPOSE_OK)
        release(state);
    return status;
}

static lightpose_status picture_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    picture *const self = state;
    const char *const path = lp_output_file_path(self->file);
    if (frame->state != LP_FRAME_OK)
        return LIGHTPOSE_OK;
    if (self->packet->size)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "\"%s\" holds one picture, and frame %" PRId64
                       " would be a second one: name a folder, or choose one with --first and --last",
                       path, frame->index);
    lightpose_status status = lp_canvas_draw(&self->canvas, frame->picture, frame->result, &self->options->draw, error);
    if (status == LIGHTPOSE_OK)
        status = lp_picture_encode(&self->canvas, lp_picture_kind_of(path), self->options->quality, self->packet, path,
                                   error);
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_write(self->file, self->packet->data, (size_t)self->packet->size, error);
    return status;
}

static void picture_abort(void **state) {
    lp_output_file_abort(&((picture *)*state)->file);
    release(state);
}

static lightpose_status picture_close(void **state, lightpose_error *error) {
    picture *const self = *state;
    lightpose_status status = LIGHTPOSE_OK;
    if (!self->packet->size) {
        status = lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "\"%s\": there is no picture to write",
                         lp_output_file_path(self->file));
        picture_abort(state);
        return status;
    }
    status = lp_output_file_commit(&self->file, error);
    release(state);
    return status;
}

const lp_output_writer lp_writer_picture = {
    .name = "picture",
    .summary = "one annotated picture",
    .suffix = ".jpg",
    .endings = (const char *const[]){".jpeg", ".png", NULL},
    .needs_picture = 1,
    .open = picture_open,
    .frame = picture_frame,
    .close = picture_close,
    .abort = picture_abort,
};
