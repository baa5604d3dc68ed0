/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* decoder -> resampler -> queue of samples -> encoder, which needs frames of a fixed size. */

#include "output/recode.h"

#include <math.h>
#include <stdlib.h>

#include <libavcodec/avcodec.h>
#include <libavutil/audio_fifo.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#define LEAST_GAP 0.1 /* seconds; smaller gaps are rounding of the container's times */
#define MOST_GAP  60  /* seconds of silence at once; a longer gap moves the time stamps instead */

enum { BITS_A_CHANNEL = 80000, DEFAULT_RATE = 48000 };

struct lp_recoder {
    AVCodecContext *decoder, *encoder;
    SwrContext *resampler;
    AVAudioFifo *queue;
    AVFrame *decoded, *resampled, *frame;
    AVPacket *packet;
    int64_t in, out; /* samples queued, and given to the encoder, counted from time 0 */
    int started;
};

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static int has_rate(const AVCodec *codec, int rate) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
    const void *rates = NULL;
    if (avcodec_get_supported_config(NULL, codec, AV_CODEC_CONFIG_SAMPLE_RATE, 0, &rates, NULL) < 0)
        return 0;
#else
    const int *const rates = codec->supported_samplerates;
#endif
    for (const int *r = rates; r && *r; r++)
        if (*r == rate)
            return 1;
    return 0;
}

static int open_decoder(lp_recoder *r, const AVStream *from) {
    const AVCodec *const codec = avcodec_find_decoder(from->codecpar->codec_id);
    r->decoder = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!r->decoder || avcodec_parameters_to_context(r->decoder, from->codecpar) < 0)
        return -1;
    r->decoder->pkt_timebase = from->time_base;
    return avcodec_open2(r->decoder, codec, NULL);
}

static int open_encoder(lp_recoder *r, int global_header) {
    const AVCodec *const codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    AVCodecContext *const c = r->encoder = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!c || r->decoder->ch_layout.nb_channels < 1)
        return -1;
    c->sample_rate = has_rate(codec, r->decoder->sample_rate) ? r->decoder->sample_rate : DEFAULT_RATE;
    av_channel_layout_default(&c->ch_layout, r->decoder->ch_layout.nb_channels > 1 ? 2 : 1);
    c->sample_fmt = AV_SAMPLE_FMT_FLTP;
    c->bit_rate = (int64_t)BITS_A_CHANNEL * c->ch_layout.nb_channels;
    c->time_base = (AVRational){1, c->sample_rate};
    if (global_header)
        c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    return avcodec_open2(c, codec, NULL);
}

lp_recoder *lp_recoder_open(const AVStream *from, int global_header, AVCodecParameters **made) {
    lp_recoder *r = calloc(1, sizeof *r);
    *made = NULL;
    if (!r)
        return NULL;
    r->decoded = av_frame_alloc();
    r->resampled = av_frame_alloc();
    r->frame = av_frame_alloc();
    r->packet = av_packet_alloc();
    if (r->decoded && r->resampled && r->frame && r->packet && open_decoder(r, from) >= 0 &&
        open_encoder(r, global_header) >= 0 &&
        (r->queue = av_audio_fifo_alloc(r->encoder->sample_fmt, r->encoder->ch_layout.nb_channels, 1)) &&
        (*made = avcodec_parameters_alloc()) && avcodec_parameters_from_context(*made, r->encoder) >= 0)
        return r;
    avcodec_parameters_free(made);
    lp_recoder_close(&r);
    return NULL;
}

void lp_recoder_close(lp_recoder **recoder) {
    lp_recoder *const r = *recoder;
    if (!r)
        return;
    avcodec_free_context(&r->decoder);
    avcodec_free_context(&r->encoder);
    swr_free(&r->resampler);
    if (r->queue)
        av_audio_fifo_free(r->queue);
    av_frame_free(&r->decoded);
    av_frame_free(&r->resampled);
    av_frame_free(&r->frame);
    av_packet_free(&r->packet);
    free(r);
    *recoder = NULL;
}

/* ---- Encoding ---------------------------------------------------------------------------------------------------- */

static int write_packets(lp_recoder *r, AVFormatContext *muxer, const AVStream *to) {
    for (;;) {
        int code = avcodec_receive_packet(r->encoder, r->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            return 0;
        if (code >= 0) {
            av_packet_rescale_ts(r->packet, r->encoder->time_base, to->time_base);
            r->packet->stream_index = to->index;
            code = av_write_frame(muxer, r->packet);
        }
        av_packet_unref(r->packet);
        if (code < 0)
            return code;
    }
}

/* Allocates `count` samples in the encoder's format. */
static int make_room(const lp_recoder *r, AVFrame *f, int count) {
    av_frame_unref(f);
    f->nb_samples = count;
    f->format = r->encoder->sample_fmt;
    f->sample_rate = r->encoder->sample_rate;
    const int code = av_channel_layout_copy(&f->ch_layout, &r->encoder->ch_layout);
    return code < 0 ? code : av_frame_get_buffer(f, 0);
}

/* Encodes the complete frames in the queue and, with `all`, the rest. */
static int encode(lp_recoder *r, int all, AVFormatContext *muxer, const AVStream *to) {
    const int whole = r->encoder->frame_size;
    for (int left; (left = av_audio_fifo_size(r->queue)) >= whole || (all && left > 0);) {
        AVFrame *const f = r->frame;
        int code = make_room(r, f, left < whole ? left : whole);
        if (code < 0)
            return code;
        av_audio_fifo_read(r->queue, (void **)f->data, f->nb_samples);
        f->pts = r->out;
        r->out += f->nb_samples;
        code = avcodec_send_frame(r->encoder, f);
        if (code >= 0)
            code = write_packets(r, muxer, to);
        if (code < 0)
            return code;
    }
    return 0;
}

/* ---- Samples ----------------------------------------------------------------------------------------------------- */

static int queue(lp_recoder *r, const AVFrame *samples) {
    r->in += samples->nb_samples;
    return av_audio_fifo_write(r->queue, (void **)(uintptr_t)samples->data, samples->nb_samples) < samples->nb_samples
               ? AVERROR(ENOMEM)
               : 0;
}

static int add_silence(lp_recoder *r, int64_t count) {
    AVFrame *const f = r->resampled;
    const int code = make_room(r, f, (int)count);
    if (code < 0)
        return code;
    av_samples_set_silence(f->data, 0, f->nb_samples, f->ch_layout.nb_channels, (enum AVSampleFormat)f->format);
    return queue(r, f);
}

/* Advances the queue to `time`, where the next sound begins. */
static int fill_gap(lp_recoder *r, double time) {
    const int64_t due = llround(time * r->encoder->sample_rate), missing = due - r->in;
    if (!r->started && missing > 0) { /* sound that begins late */
        r->in = r->out = due;
        r->started = 1;
        return 0;
    }
    r->started = 1;
    if (missing < (int64_t)(LEAST_GAP * r->encoder->sample_rate))
        return 0;
    if (missing <= (int64_t)MOST_GAP * r->encoder->sample_rate)
        return add_silence(r, missing);
    r->in += missing;
    r->out += missing;
    return 0;
}

static int open_resampler(lp_recoder *r) {
    swr_free(&r->resampler);
    const int code = swr_alloc_set_opts2(&r->resampler, &r->encoder->ch_layout, r->encoder->sample_fmt,
                                         r->encoder->sample_rate, &r->decoded->ch_layout,
                                         (enum AVSampleFormat)r->decoded->format, r->decoded->sample_rate, 0, NULL);
    return code < 0 ? code : swr_init(r->resampler);
}

/* Resamples the decoded frame into the queue. Sound that cannot be resampled is left out. */
static int take_frame(lp_recoder *r) {
    AVFrame *const f = r->resampled, *const from = r->decoded;
    int code = 0;
    if (from->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) { /* the resampler would see a change at each frame */
        const int channels = from->ch_layout.nb_channels;
        av_channel_layout_uninit(&from->ch_layout);
        av_channel_layout_default(&from->ch_layout, channels);
    }
    if (!r->resampler && (code = open_resampler(r)) < 0)
        return code;
    for (int attempt = 0; attempt < 2; attempt++) {
        av_frame_unref(f);
        f->format = r->encoder->sample_fmt;
        f->sample_rate = r->encoder->sample_rate;
        code = av_channel_layout_copy(&f->ch_layout, &r->encoder->ch_layout);
        if (code >= 0)
            code = swr_convert_frame(r->resampler, f, from);
        if (code >= 0)
            return queue(r, f);
        if (code != AVERROR_INPUT_CHANGED || open_resampler(r) < 0) /* another rate or layout from here on */
            break;
    }
    return 0;
}

int lp_recoder_take(lp_recoder *r, const AVPacket *packet, double time, AVFormatContext *muxer, const AVStream *to) {
    int code = fill_gap(r, time);
    if (avcodec_send_packet(r->decoder, packet) < 0)
        return code; /* damaged: the next packet finds the gap */
    while (code >= 0 && avcodec_receive_frame(r->decoder, r->decoded) >= 0)
        code = take_frame(r);
    return code < 0 ? code : encode(r, 0, muxer, to);
}

int lp_recoder_finish(lp_recoder *r, AVFormatContext *muxer, const AVStream *to) {
    int code = 0;
    avcodec_send_packet(r->decoder, NULL);
    while (code >= 0 && avcodec_receive_frame(r->decoder, r->decoded) >= 0)
        code = take_frame(r);
    if (code >= 0)
        code = encode(r, 1, muxer, to);
    if (code >= 0)
        code = avcodec_send_frame(r->encoder, NULL);
    return code < 0 ? code : write_packets(r, muxer, to);
}
