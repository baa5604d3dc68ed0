/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/encode.h"

#include <string.h>
#include <strings.h>

#include <libavcodec/avcodec.h>

#include "output/jpeg.h"

lp_picture_kind lp_picture_kind_of(const char *name) {
    const char *const dot = name ? strrchr(name, '.') : NULL;
    return dot && (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg")) ? LP_PICTURE_JPEG : LP_PICTURE_PNG;
}

/* Default qualities. */
enum { FILE_QUALITY = 90, LIVE_QUALITY = 75 };

static lightpose_status open_encoder(const lp_canvas *canvas, AVCodecContext **encoder, lightpose_error *error) {
    const AVCodec *const codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
    *encoder = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!*encoder)
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "this FFmpeg has no encoder for PNG");
    AVCodecContext *const c = *encoder;
    c->width = canvas->view.width;
    c->height = canvas->view.height;
    c->time_base = (AVRational){1, 25};
    c->thread_count = 1;
    c->pix_fmt = AV_PIX_FMT_RGB24;
    c->color_range = AVCOL_RANGE_JPEG;
    c->compression_level = 4; /* files a third larger than at 9, several times as fast */
    if (avcodec_open2(c, codec, NULL) < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "a picture of %dx%d cannot be written as PNG", c->width,
                       c->height);
    return LIGHTPOSE_OK;
}

static lightpose_status encode_png(lp_canvas *canvas, struct AVPacket *packet, const char *path,
                                   lightpose_error *error) {
    AVCodecContext *encoder = NULL;
    AVFrame *frame = av_frame_alloc();
    lightpose_status status = open_encoder(canvas, &encoder, error);
    if (status == LIGHTPOSE_OK && frame) {
        frame->format = encoder->pix_fmt;
        frame->width = encoder->width;
        frame->height = encoder->height;
        frame->color_range = AVCOL_RANGE_JPEG;
    }
    if (status == LIGHTPOSE_OK && (!frame || av_frame_get_buffer(frame, 0) < 0))
        status =
            lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a picture of %dx%d", encoder->width, encoder->height);
    if (status == LIGHTPOSE_OK)
        status = lp_canvas_to_frame(canvas, frame, error);
    if (status == LIGHTPOSE_OK && (avcodec_send_frame(encoder, frame) < 0 || avcodec_send_frame(encoder, NULL) < 0 ||
                                   avcodec_receive_packet(encoder, packet) < 0))
        status = lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "\"%s\": encoding failed", path);
    av_frame_free(&frame);
    avcodec_free_context(&encoder);
    return status;
}

lightpose_status lp_picture_encode(lp_canvas *canvas, lp_picture_kind kind, int quality, struct AVPacket *packet,
                                   const char *path, lightpose_error *error) {
    switch (kind) {
    case LP_PICTURE_PNG:
        return encode_png(canvas, packet, path, error);
    case LP_PICTURE_JPEG:
        return lp_jpeg_encode(&canvas->view, quality ? quality : FILE_QUALITY, 0, packet, path, error);
    case LP_PICTURE_LIVE:
        return lp_jpeg_encode(&canvas->view, quality ? quality : LIVE_QUALITY, 1, packet, path, error);
    }
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "no picture is of kind %d", (int)kind);
}
