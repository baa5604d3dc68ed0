/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "media.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

uint8_t media_pixel(int x, int y, int c, int width, int height) {
    const int across = 255 * x / (width > 1 ? width - 1 : 1), down = 255 * y / (height > 1 ? height - 1 : 1);
    return (uint8_t)(c == 0 ? across : c == 1 ? down : (across + 255 - down) / 2);
}

uint8_t *media_read(const char *path, size_t *size) {
    FILE *const file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size + 1);
    if (data && fread(data, 1, *size, file) != *size) {
        free(data);
        data = NULL;
    }
    fclose(file);
    return data;
}

int media_write(const char *path, const void *data, size_t size) {
    FILE *const file = fopen(path, "wb");
    if (!file)
        return -1;
    const size_t written = fwrite(data, 1, size, file);
    return fclose(file) == 0 && written == size ? 0 : -1;
}

/* Converts the test picture to `format` with swscale. */
static AVFrame *make_frame(enum AVPixelFormat format, int width, int height) {
    AVFrame *const frame = av_frame_alloc(), *source = av_frame_alloc();
    source->format = AV_PIX_FMT_BGR24;
    frame->format = format;
    source->width = frame->width = width;
    source->height = frame->height = height;
    if (av_frame_get_buffer(source, 0) < 0 || av_frame_get_buffer(frame, 0) < 0)
        abort();
    for (int y = 0; y < height; y++)
        for (int x = 0; x < 3 * width; x++)
            source->data[0][y * source->linesize[0] + x] = media_pixel(x / 3, y, x % 3, width, height);
    struct SwsContext *const scaler =
        sws_getContext(width, height, AV_PIX_FMT_BGR24, width, height, format,
                       SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BILINEAR, NULL, NULL, NULL);
    if (!scaler || sws_scale(scaler, (const uint8_t *const *)source->data, source->linesize, 0, height, frame->data,
                             frame->linesize) != height)
        abort();
    sws_freeContext(scaler);
    av_frame_free(&source);
    return frame;
}

uint8_t *media_encode(const char *encoder, const char *format, int width, int height, size_t *size) {
    const AVCodec *const codec = avcodec_find_encoder_by_name(encoder);
    const enum AVPixelFormat pixels = av_get_pix_fmt(format);
    AVCodecContext *context = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!context || pixels == AV_PIX_FMT_NONE)
        return NULL;
    context->width = width;
    context->height = height;
    context->pix_fmt = pixels;
    context->time_base = (AVRational){1, 25};
    context->flags |= AV_CODEC_FLAG_QSCALE;
    context->global_quality = 2 * FF_QP2LAMBDA;
    context->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
    av_opt_set_int(context->priv_data, "lossless", 1, 0);
    AVFrame *frame = make_frame(pixels, width, height);
    AVPacket *packet = av_packet_alloc();
    uint8_t *data = NULL;
    frame->quality = context->global_quality;
    if (avcodec_open2(context, codec, NULL) >= 0 && avcodec_send_frame(context, frame) >= 0 &&
        avcodec_send_frame(context, NULL) >= 0 && avcodec_receive_packet(context, packet) >= 0) {
        *size = (size_t)packet->size;
        data = malloc(*size + 1);
        if (data)
            memcpy(data, packet->data, *size);
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&context);
    return data;
}

char *media_make_folder(void) {
    const char *const base = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/lightpose-test-XXXXXX", base && *base ? base : "/tmp") < 0 || !mkdtemp(path))
        abort();
    return path;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

void media_remove_tree(char *path) {
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

static char *folder;

int media_open_folder(void **state) {
    (void)state;
    av_log_set_level(AV_LOG_QUIET);
    folder = media_make_folder();
    return 0;
}

int media_close_folder(void **state) {
    (void)state;
    media_remove_tree(folder);
    return 0;
}

const char *media_in_folder(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}
