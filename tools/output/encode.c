/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/encode.h"

#include <string.h>
#include <strings.h>

#include <libavcodec/avcodec.h>

lp_picture_kind lp_picture_kind_of(const char *name) {
    const char *const dot = name ? strrchr(name, '.') : NULL;
    return dot && (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg")) ? LP_PICTURE_JPEG : LP_PICTURE_PNG;
}

static lightpose_status open_encoder(const lp_canvas *canvas, int jpeg, int quality, AVCodecContext **encoder,
                                     lightpose_error *error) {
    const AVCodec *const codec = avcodec_find_encoder(jpeg ? AV_CODEC_ID_MJPEG : AV_CODEC_ID_PNG);
    *encoder = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!*encoder)
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "this FFmpeg has no encoder for %s", jpeg ? "JPEG" : "PNG");
    AVCodecContext *const c = *encoder;
    c->width = canvas->view.width;
    c->height = canvas->view.height;
    c->time_base = (AVRational){1, 25};
    c->thread_count = 1;
    /* Full chroma: thin coloured lines bleed in 4:2:0. */
    c->pix_fmt = jpeg ? AV_PIX_FMT_YUVJ444P : AV_PIX_FMT_RGB24;
    c->color_range = AVCOL_RANGE_JPEG;
    if (jpeg) {
        /* FFmpeg's scale runs from 2, best, to 31. */
        c->flags |= AV_CODEC_FLAG_QSCALE;
        c->global_quality = FF_QP2LAMBDA * (2 + (100 - (quality ? quality : 95)) * 29 / 99);
    } else {
        c->compression_level = 4; /* a third larger than at 9, several times as fast */
    }
    if (avcodec_open2(c, codec, NULL) < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "a picture of %dx%d cannot be written as %s", c->width, c->height,
                       jpeg ? "JPEG" : "PNG");
    return LIGHTPOSE_OK;
}

lightpose_status lp_picture_encode(lp_canvas *canvas, lp_picture_kind kind, int quality, struct AVPacket *packet,
                                   const char *path, lightpose_error *error) {
    const int jpeg = kind == LP_PICTURE_JPEG;
    AVCodecContext *encoder = NULL;
    AVFrame *frame = av_frame_alloc();
    lightpose_status status = open_encoder(canvas, jpeg, quality, &encoder, error);
    if (status == LIGHTPOSE_OK && frame) {
        frame->format = jpeg ? AV_PIX_FMT_YUV444P : AV_PIX_FMT_RGB24;
        frame->width = encoder->width;
        frame->height = encoder->height;
        frame->color_range = AVCOL_RANGE_JPEG;
        frame->quality = encoder->global_quality;
    }
    if (status == LIGHTPOSE_OK && (!frame || av_frame_get_buffer(frame, 0) < 0))
        status =
            lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a picture of %dx%d", encoder->width, encoder->height);
    if (status == LIGHTPOSE_OK)
        status = lp_canvas_to_frame(canvas, frame, error);
    if (status == LIGHTPOSE_OK) {
        frame->format = encoder->pix_fmt;
        if (avcodec_send_frame(encoder, frame) < 0 || avcodec_send_frame(encoder, NULL) < 0 ||
            avcodec_receive_packet(encoder, packet) < 0)
            status = lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "\"%s\": encoding failed", path);
    }
    av_frame_free(&frame);
    avcodec_free_context(&encoder);
    return status;
}
