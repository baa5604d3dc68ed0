/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "picture.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdlib.h>
#include <string.h>

static int copy_rows(picture *out, const AVFrame *frame) {
    const size_t row = 3 * (size_t)frame->width;

    if (frame->format != AV_PIX_FMT_RGB24)
        return -1;
    out->width = frame->width;
    out->height = frame->height;
    out->rgb = malloc(row * (size_t)frame->height);
    if (!out->rgb)
        return -1;
    for (int y = 0; y < frame->height; y++)
        memcpy(out->rgb + row * (size_t)y, frame->data[0] + (ptrdiff_t)y * frame->linesize[0], row);
    return 0;
}

static int decode(picture *out, AVFormatContext *file, AVCodecContext *decoder, AVPacket *packet, AVFrame *frame) {
    if (avcodec_parameters_to_context(decoder, file->streams[0]->codecpar) < 0 ||
        avcodec_open2(decoder, NULL, NULL) < 0 || av_read_frame(file, packet) < 0 ||
        avcodec_send_packet(decoder, packet) < 0 || avcodec_send_packet(decoder, NULL) < 0 ||
        avcodec_receive_frame(decoder, frame) < 0)
        return -1;
    return copy_rows(out, frame);
}

int picture_read(picture *out, const char *path) {
    AVFormatContext *file = NULL;
    int result = -1;

    if (avformat_open_input(&file, path, NULL, NULL) < 0)
        return -1;
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    AVCodecContext *decoder = NULL;
    if (file->nb_streams == 1) {
        const AVCodec *const codec = avcodec_find_decoder(file->streams[0]->codecpar->codec_id);
        decoder = codec ? avcodec_alloc_context3(codec) : NULL;
    }
    if (packet && frame && decoder)
        result = decode(out, file, decoder, packet, frame);
    avcodec_free_context(&decoder);
    av_frame_free(&frame);
    av_packet_free(&packet);
    avformat_close_input(&file);
    return result;
}
