/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "clip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>

/* Suppresses a leak in the encoder x265 3.5. The leak sanitizer, if it is in use, calls this. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void) {
    return "leak:libx265";
}

/* Squares in the upper left corner: white, black, then twelve bits of the number, least significant first. */
enum { SQUARE = 12, BITS = 12, COLUMNS = 7, WHITE = 220, BLACK = 30, MIN_SIDE = SQUARE * COLUMNS };

int64_t clip_time(const clip *spec, int n) {
    static const int steps[5] = {40, 20, 80, 60, 100};
    int64_t time = 0;
    if (!spec->uneven)
        return 40 * (int64_t)n;
    for (int i = 0; i < n; i++)
        time += steps[i % 5];
    return time;
}

static int square_value(int index, int number) {
    return index == 0 ? WHITE : index == 1 ? BLACK : number >> (index - 2) & 1 ? WHITE : BLACK;
}

/* Draws a gradient that moves, and the squares. */
static void draw(uint8_t *const planes[3], const int strides[3], int width, int height, int number) {
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            planes[0][y * strides[0] + x] = (uint8_t)(40 + (x + 3 * number + y / 2) % 160);
    for (int p = 1; p < 3; p++)
        for (int y = 0; y < (height + 1) / 2; y++)
            for (int x = 0; x < (width + 1) / 2; x++)
                planes[p][y * strides[p] + x] = (uint8_t)(p == 1 ? 100 + x % 50 : 150 - y % 50);
    for (int i = 0; i < BITS + 2; i++)
        for (int y = 0; y < SQUARE; y++)
            memset(planes[0] + (i / COLUMNS * SQUARE + y) * strides[0] + i % COLUMNS * SQUARE, square_value(i, number),
                   SQUARE);
}

void clip_draw(uint8_t *const planes[3], int width, int height, int number) {
    const int strides[3] = {width, (width + 1) / 2, (width + 1) / 2};
    draw(planes, strides, width, height, number);
}

static int level(const lightpose_image *image, int index) {
    const int x = index % COLUMNS * SQUARE + SQUARE / 2, y = index / COLUMNS * SQUARE + SQUARE / 2;
    const int bytes = image->format == LIGHTPOSE_BGR24 ? 3 : 1;
    return image->planes[0][y * image->strides[0] + x * bytes + bytes / 2];
}

int clip_number(const lightpose_image *image) {
    if (image->width < MIN_SIDE || image->height < 2 * SQUARE || level(image, 0) < 150 || level(image, 1) > 100)
        return -1;
    int number = 0;
    for (int i = 0; i < BITS; i++)
        number |= (level(image, i + 2) > 125) << i;
    return number;
}

uint32_t clip_sum(const lightpose_image *image) {
    const int planes = image->format == LIGHTPOSE_I420 ? 3 : 1;
    uint32_t sum = 2166136261u;
    for (int p = 0; p < planes; p++) {
        const int width = p ? (image->width + 1) / 2 : image->width * (image->format == LIGHTPOSE_BGR24 ? 3 : 1);
        for (int y = 0; y < (p ? (image->height + 1) / 2 : image->height); y++)
            for (int x = 0; x < width; x++)
                sum = (sum ^ image->planes[p][y * image->strides[p] + x]) * 16777619u;
    }
    return sum;
}

static void need(int ok, const clip *spec, const char *what) {
    if (!ok) {
        fprintf(stderr, "%s: %s failed\n", spec->path, what);
        abort();
    }
}

static AVCodecContext *open_encoder(const clip *spec, int halved, int global_header) {
    const AVCodec *const codec = avcodec_find_encoder_by_name(spec->encoder);
    AVCodecContext *const c = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!c)
        return NULL;
    c->width = halved ? spec->width / 2 : spec->width;
    c->height = halved ? spec->height / 2 : spec->height;
    c->pix_fmt = av_get_pix_fmt(spec->format ? spec->format : "yuv420p");
    c->time_base = spec->uneven ? (AVRational){1, 1000} : (AVRational){1, 25};
    c->framerate = (AVRational){25, 1};
    c->colorspace = spec->colorspace ? spec->colorspace : AVCOL_SPC_UNSPECIFIED;
    c->color_range = spec->range;
    c->sample_aspect_ratio = (AVRational){spec->aspect_num, spec->aspect_den ? spec->aspect_den : 1};
    c->bit_rate = 400000;
    c->thread_count = 1;
    c->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
    if (global_header)
        c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary *options = NULL;
    av_dict_parse_string(&options, spec->options ? spec->options : "", "=", ":", 0);
    need(avcodec_open2(c, codec, &options) >= 0, spec, "opening the encoder");
    av_dict_free(&options);
    return c;
}

/* Writes a copy of a packet, a millisecond earlier, that the decoder decodes but does not show. */
static void write_hidden(const clip *spec, AVFormatContext *muxer, const AVPacket *packet) {
    AVPacket *copy = av_packet_clone(packet);
    need(copy && av_packet_make_writable(copy) >= 0, spec, "a copy");
    copy->data[0] &= (uint8_t)~spec->hidden_bit;
    copy->flags = 0;
    copy->pts = copy->dts = packet->pts - 1;
    need(av_interleaved_write_frame(muxer, copy) >= 0, spec, "writing a hidden packet");
    av_packet_free(&copy);
}

static void write_packets(const clip *spec, AVFormatContext *muxer, AVCodecContext *encoder, AVPacket *packet) {
    while (avcodec_receive_packet(encoder, packet) >= 0) {
        if (!packet->duration)
            packet->duration = 1;
        av_packet_rescale_ts(packet, encoder->time_base, muxer->streams[0]->time_base);
        packet->stream_index = 0;
        if (spec->hidden_bit && packet->flags & AV_PKT_FLAG_KEY && packet->pts > 0)
            write_hidden(spec, muxer, packet);
        need(av_interleaved_write_frame(muxer, packet) >= 0, spec, "writing a packet");
    }
}

static void encode(const clip *spec, AVFormatContext *muxer, AVCodecContext *encoder, AVPacket *packet) {
    AVFrame *frame = av_frame_alloc();
    for (int i = 0; i < spec->frames; i++) {
        if (spec->new_size_at && i == spec->new_size_at) {
            avcodec_send_frame(encoder, NULL);
            write_packets(spec, muxer, encoder, packet);
            avcodec_free_context(&encoder);
            encoder = open_encoder(spec, 1, 0);
            av_frame_unref(frame);
        }
        if (!frame->buf[0]) {
            frame->width = encoder->width;
            frame->height = encoder->height;
            frame->format = encoder->pix_fmt;
            need(av_frame_get_buffer(frame, 0) >= 0, spec, "a frame");
        }
        need(av_frame_make_writable(frame) >= 0, spec, "a frame");
        if (spec->leave_out && i % spec->leave_out == spec->leave_out - 1)
            continue;
        draw(frame->data, frame->linesize, frame->width, frame->height, spec->number + i);
        frame->colorspace = encoder->colorspace;
        frame->color_range = encoder->color_range;
        frame->pts = spec->uneven ? clip_time(spec, i) : i;
        if (spec->pause_at && i >= spec->pause_at)
            frame->pts += 25 * CLIP_PAUSE;
        need(avcodec_send_frame(encoder, frame) >= 0, spec, "encoding");
        write_packets(spec, muxer, encoder, packet);
    }
    avcodec_send_frame(encoder, NULL);
    write_packets(spec, muxer, encoder, packet);
    avcodec_free_context(&encoder);
    av_frame_free(&frame);
}

/* FFmpeg 6.1 moved the side data of streams. */
static int32_t *new_display_matrix(AVStream *stream) {
    const size_t size = 9 * sizeof(int32_t);
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    AVCodecParameters *const codec = stream->codecpar;
    AVPacketSideData *const made = av_packet_side_data_new(&codec->coded_side_data, &codec->nb_coded_side_data,
                                                           AV_PKT_DATA_DISPLAYMATRIX, size, 0);
    return made ? (int32_t *)made->data : NULL;
#else
    return (int32_t *)av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, size);
#endif
}

int clip_make(const clip *spec) {
    AVFormatContext *muxer = NULL;
    if (avformat_alloc_output_context2(&muxer, NULL, spec->container, spec->path) < 0)
        return -1;
    AVCodecContext *const encoder =
        open_encoder(spec, 0, muxer->oformat->flags & AVFMT_GLOBALHEADER && !spec->new_size_at);
    AVStream *const stream = encoder ? avformat_new_stream(muxer, NULL) : NULL;
    if (!stream) {
        avformat_free_context(muxer);
        return -1;
    }
    need(avcodec_parameters_from_context(stream->codecpar, encoder) >= 0, spec, "parameters");
    stream->time_base = encoder->time_base;
    stream->avg_frame_rate = encoder->framerate;
    stream->sample_aspect_ratio = encoder->sample_aspect_ratio;
    if (spec->rotation) {
        int32_t *const matrix = new_display_matrix(stream);
        need(matrix != NULL, spec, "the rotation");
        av_display_rotation_set(matrix, spec->rotation);
    }
    AVPacket *packet = av_packet_alloc();
    need(avio_open(&muxer->pb, spec->path, AVIO_FLAG_WRITE) >= 0, spec, "opening");
    need(avformat_write_header(muxer, NULL) >= 0, spec, "the header");
    encode(spec, muxer, encoder, packet);
    need(av_write_trailer(muxer) >= 0, spec, "the trailer");
    avio_closep(&muxer->pb);
    avformat_free_context(muxer);
    av_packet_free(&packet);
    return 0;
}
