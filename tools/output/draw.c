/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Annotated pictures, a file per frame: NAME_pose.jpg, or NAME_000000000007_pose.jpg of a video. JPEG stays JPEG; all
 * else, and video frames, become PNG, unless the options say otherwise. */

#include "output/canvas.h"
#include "output/writers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libavcodec/avcodec.h>

typedef struct draw {
    const lp_output_options *options;
    const lp_output_stream *stream;
    const char *folder; /* the caller's, copied behind the structure */
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
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to draw into \"%s\"", path);
    }
    self->folder = strcpy((char *)(self + 1), path);
    self->options = options;
    self->packet = packet;
    return LIGHTPOSE_OK;
}

/* A stream that is no list of pictures takes its name once: its own frames cannot collide. */
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

static int is_jpeg(const char *name) {
    const char *const dot = name ? strrchr(name, '.') : NULL;
    return dot && (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg"));
}

static int wants_jpeg(const draw *self, const lp_output_frame *frame) {
    const char *const format = self->options->picture_format;
    if (format && strcmp(format, "source"))
        return !strcmp(format, "jpg");
    return is_jpeg(frame->name);
}

static lightpose_status make_path(draw *self, const lp_output_frame *frame, int jpeg, lightpose_error *error) {
    char number[32];
    int size;
    lp_text_clear(&self->path);
    lp_text_add(&self->path, self->folder);
    lp_text_add(&self->path, "/");
    if (self->stream->kind == LP_STREAM_IMAGES) {
        const char *const base = lp_base_name(frame->name, &size);
        lp_text_bytes(&self->path, base, (size_t)size);
    } else {
        snprintf(number, sizeof number, "_%012" PRId64, frame->index);
        lp_text_add(&self->path, self->stream->name);
        lp_text_add(&self->path, number);
    }
    const char *const ending = jpeg ? "_pose.jpg" : "_pose.png";
    lp_text_bytes(&self->path, ending, strlen(ending) + 1);
    return lp_text_check(&self->path, error);
}

/* ---- The picture ------------------------------------------------------------------------------------------------- */

static lightpose_status open_encoder(const draw *self, int jpeg, AVCodecContext **encoder, lightpose_error *error) {
    const AVCodec *const codec = avcodec_find_encoder(jpeg ? AV_CODEC_ID_MJPEG : AV_CODEC_ID_PNG);
    *encoder = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!*encoder)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "this FFmpeg has no encoder for %s",
                            jpeg ? "JPEG" : "PNG");
    AVCodecContext *const c = *encoder;
    c->width = self->canvas.view.width;
    c->height = self->canvas.view.height;
    c->time_base = (AVRational){1, 25};
    c->thread_count = 1;
    /* Full chroma: thin coloured lines bleed in 4:2:0. */
    c->pix_fmt = jpeg ? AV_PIX_FMT_YUVJ444P : AV_PIX_FMT_RGB24;
    c->color_range = AVCOL_RANGE_JPEG;
    if (jpeg) {
        /* FFmpeg's scale runs from 2, best, to 31. */
        const int quality = self->options->quality ? self->options->quality : 95;
        c->flags |= AV_CODEC_FLAG_QSCALE;
        c->global_quality = FF_QP2LAMBDA * (2 + (100 - quality) * 29 / 99);
    } else {
        c->compression_level = 4; /* a third larger than at 9, several times as fast */
    }
    if (avcodec_open2(c, codec, NULL) < 0)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_ENGINE, "a picture of %dx%d cannot be written as %s", c->width,
                            c->height, jpeg ? "JPEG" : "PNG");
    return LIGHTPOSE_OK;
}

/* Leaves the file's bytes in self->packet. */
static lightpose_status encode(draw *self, int jpeg, lightpose_error *error) {
    AVCodecContext *encoder = NULL;
    AVFrame *frame = av_frame_alloc();
    lightpose_status status = open_encoder(self, jpeg, &encoder, error);
    if (status == LIGHTPOSE_OK && frame) {
        frame->format = jpeg ? AV_PIX_FMT_YUV444P : AV_PIX_FMT_RGB24;
        frame->width = encoder->width;
        frame->height = encoder->height;
        frame->color_range = AVCOL_RANGE_JPEG;
        frame->quality = encoder->global_quality;
    }
    if (status == LIGHTPOSE_OK && (!frame || av_frame_get_buffer(frame, 0) < 0))
        status = lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a picture of %dx%d", encoder->width,
                              encoder->height);
    if (status == LIGHTPOSE_OK)
        status = lp_canvas_to_frame(&self->canvas, frame, error);
    if (status == LIGHTPOSE_OK) {
        frame->format = encoder->pix_fmt;
        if (avcodec_send_frame(encoder, frame) < 0 || avcodec_send_frame(encoder, NULL) < 0 ||
            avcodec_receive_packet(encoder, self->packet) < 0)
            status = lp_tool_fail(error, LIGHTPOSE_ERROR_ENGINE, "\"%s\": encoding failed", self->path.data);
    }
    av_frame_free(&frame);
    avcodec_free_context(&encoder);
    return status;
}

static lightpose_status draw_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    draw *const self = state;
    lp_output_file *file = NULL;
    if (frame->state != LP_FRAME_OK)
        return LIGHTPOSE_OK;
    const int jpeg = wants_jpeg(self, frame);
    lightpose_status status = make_path(self, frame, jpeg, error);
    if (status == LIGHTPOSE_OK && self->stream->kind == LP_STREAM_IMAGES)
        status = lp_output_guard_claim(self->options->guard, self->path.data, error);
    if (status == LIGHTPOSE_OK)
        status = lp_canvas_draw(&self->canvas, frame->picture, frame->result, &self->options->draw, error);
    if (status == LIGHTPOSE_OK)
        status = encode(self, jpeg, error);
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

const lp_output_writer lp_writer_draw = {
    .name = "draw",
    .summary = "annotated pictures, one per frame",
    .folder = "",
    .many_streams = 1,
    .needs_picture = 1,
    .open = draw_open,
    .begin = draw_begin,
    .frame = draw_frame,
    .close = draw_close,
    .abort = draw_abort,
};
