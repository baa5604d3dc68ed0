/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "reading.h"

#include "check.h"

#include <math.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "clip.h"

static reading read_source(const lp_source *source, const lp_input_options *options) {
    reading r = {0};
    lp_input *input = NULL;
    lp_input_frame frame = {0};
    int capacity = 0;
    r.end = lp_input_open(&input, source, options, &r.error) == LIGHTPOSE_OK ? 1 : -1;
    while (r.end > 0 && (r.end = lp_input_next(input, &frame, &r.error)) > 0) {
        if (r.count == capacity) {
            capacity = capacity ? 2 * capacity : 256;
            r.frames = realloc(r.frames, (size_t)capacity * sizeof *r.frames);
        }
        reading_frame *const s = &r.frames[r.count++];
        *s = (reading_frame){.index = frame.index,
                             .time = frame.time,
                             .jump = frame.jump,
                             .ok = frame.state == LP_INPUT_OK,
                             .damaged = frame.damaged};
        if (s->ok) {
            s->number = clip_number(&frame.image);
            s->sum = clip_sum(&frame.image);
            s->width = frame.image.width;
            s->height = frame.image.height;
        } else {
            assert_true(frame.reason[0] != 0);
            r.failed++;
        }
    }
    r.passed = input ? lp_input_passed(input) : 0;
    lp_input_frame_release(&frame);
    lp_input_close(&input);
    return r;
}

static reading read_file(const char *path, const lp_input_range *range, int64_t step, double fps, int threads,
                         int keep_damaged) {
    lp_sources sources = {0};
    lp_input_options options;
    lp_input_options_default(&options);
    options.range = *range;
    options.step = step;
    options.fps = fps;
    options.threads = threads;
    options.keep_damaged = keep_damaged;
    assert_ok(lp_sources_add(&sources, path, error));
    assert_int_equal(sources.count, 1);
    const reading r = read_source(&sources.items[0], &options);
    lp_sources_free(&sources);
    return r;
}

reading reading_range(const char *path, int64_t first, int64_t last, int64_t step) {
    const lp_input_range range = {first, last, -1, -1};
    return read_file(path, &range, step, 0, 2, 0);
}

reading reading_part(const char *path, const lp_input_range *range, int64_t step) {
    return read_file(path, range, step, 0, 2, 0);
}

reading reading_by(const char *path, int threads) {
    return read_file(path, &lp_input_range_all, 1, 0, threads, 0);
}

reading reading_damaged(const char *path, int threads) {
    return read_file(path, &lp_input_range_all, 1, 0, threads, 1);
}

reading reading_all(const char *path) {
    return reading_range(path, 0, -1, 1);
}

reading reading_at(const char *path, double fps, int threads, int64_t first) {
    const lp_input_range range = {first, -1, -1, -1};
    return read_file(path, &range, 1, fps, threads, 0);
}

reading reading_plainly(const char *path) {
    reading r = {0};
    AVFormatContext *format = NULL;
    assert_true(avformat_open_input(&format, path, NULL, NULL) >= 0);
    assert_true(avformat_find_stream_info(format, NULL) >= 0);
    const int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    AVStream *const stream = format->streams[index];
    AVCodecContext *decoder = avcodec_alloc_context3(avcodec_find_decoder(stream->codecpar->codec_id));
    avcodec_parameters_to_context(decoder, stream->codecpar);
    decoder->pkt_timebase = stream->time_base;
    assert_true(avcodec_open2(decoder, NULL, NULL) >= 0);
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    for (int more = 1; more;) {
        more = av_read_frame(format, packet) >= 0;
        if (more && packet->stream_index != index) {
            av_packet_unref(packet);
            continue;
        }
        avcodec_send_packet(decoder, more ? packet : NULL);
        av_packet_unref(packet);
        while (avcodec_receive_frame(decoder, frame) >= 0) {
            const lightpose_image image = {.planes = {frame->data[0], frame->data[1], frame->data[2]},
                                           .strides = {frame->linesize[0], frame->linesize[1], frame->linesize[2]},
                                           .width = frame->width,
                                           .height = frame->height,
                                           .format = LIGHTPOSE_I420};
            r.frames = realloc(r.frames, ((size_t)r.count + 1) * sizeof *r.frames);
            r.frames[r.count] =
                (reading_frame){.index = r.count,
                                .time = frame->best_effort_timestamp == AV_NOPTS_VALUE
                                            ? NAN
                                            : (double)frame->best_effort_timestamp * av_q2d(stream->time_base),
                                .sum = clip_sum(&image)};
            r.count++;
        }
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&decoder);
    avformat_close_input(&format);
    return r;
}
