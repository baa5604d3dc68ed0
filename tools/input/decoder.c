/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/decoder.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "input/entry.h"
#include "input/mark.h"

/* Bytes of packets that are kept for a restart. If a group of pictures is larger, one thread takes over there. */
#define MAX_KEPT (64 << 20)

typedef struct sent_packet {
    AVPacket *packet;
    int64_t mark;
    int counts, came; /* came: frame threads have returned its frame */
} sent_packet;

struct lp_decoder {
    lp_decoder_options options;
    AVCodecParameters *parameters; /* those at the start */
    AVCodecContext *context;
    int in_threads; /* frame threads are used, and packets kept */
    sent_packet *packets;
    int count, capacity, sent; /* packets[sent] is the next for the decoder */
    int64_t bytes;
    int ending, draining; /* the last packet has come; the decoder knows it */
};

int lp_decoder_is_damaged(const AVFrame *frame) {
    return frame->decode_error_flags || frame->flags & AV_FRAME_FLAG_CORRUPT;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

/* Whether a decoder with slice threads conceals errors. With threads it conceals them differently, or not at all. */
static int conceals(enum AVCodecID codec) {
    return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_MPEG2VIDEO || codec == AV_CODEC_ID_MPEG1VIDEO;
}

static lightpose_status open_context(lp_decoder *d, int threads, int reordered, lightpose_error *error) {
    const AVCodecParameters *const parameters = d->parameters;
    const AVCodec *const codec = avcodec_find_decoder(parameters->codec_id);
    if (!codec)
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "%s: this FFmpeg has no decoder for %s", d->options.name,
                       avcodec_get_name(parameters->codec_id));
    AVCodecContext *const c = d->context = avcodec_alloc_context3(codec);
    if (!c || avcodec_parameters_to_context(c, parameters) < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for a decoder", d->options.name);
    c->pkt_timebase = d->options.base;
    c->has_b_frames = reordered > c->has_b_frames ? reordered : c->has_b_frames;
    const int by_frames = threads > 1 && !d->options.at_once && codec->capabilities & AV_CODEC_CAP_FRAME_THREADS;
    c->thread_count = by_frames || !conceals(parameters->codec_id) ? threads : 1;
    c->thread_type = by_frames ? FF_THREAD_FRAME : FF_THREAD_SLICE;
    if (d->options.live)
        c->flags |= AV_CODEC_FLAG_LOW_DELAY;
    if (d->options.keep_damaged)
        c->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
    /* Frame threads must report the errors that one thread conceals. Only these decoders: those that fail and still
     * return a frame make FFmpeg 5.1 abort. */
    if (by_frames && (parameters->codec_id == AV_CODEC_ID_H264 || parameters->codec_id == AV_CODEC_ID_HEVC))
        c->err_recognition |= AV_EF_EXPLODE;
    lp_mark_start(c);
    char text[64];
    const int code = avcodec_open2(c, codec, NULL);
    if (code < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "%s: the %s decoder: %s", d->options.name, codec->name,
                       lp_tool_av_text(code, text, sizeof text));
    d->in_threads = (c->active_thread_type & FF_THREAD_FRAME) != 0;
    if (!d->in_threads)
        c->err_recognition &= ~AV_EF_EXPLODE;
    return LIGHTPOSE_OK;
}

lightpose_status lp_decoder_open(lp_decoder **decoder, const lp_decoder_options *options, lightpose_error *error) {
    *decoder = NULL;
    lp_decoder *d = calloc(1, sizeof *d);
    if (!d)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for a decoder", options->name);
    d->options = *options;
    d->parameters = avcodec_parameters_alloc();
    const lightpose_status status =
        d->parameters && avcodec_parameters_copy(d->parameters, options->parameters) >= 0
            ? open_context(d, options->threads, 0, error)
            : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for a decoder", options->name);
    if (status == LIGHTPOSE_OK)
        *decoder = d;
    else
        lp_decoder_close(&d);
    return status;
}

static void drop_packets(lp_decoder *d, int count) {
    for (int i = 0; i < count; i++) {
        d->bytes -= d->packets[i].packet->size;
        av_packet_free(&d->packets[i].packet);
    }
    if (count)
        memmove(d->packets, d->packets + count, (size_t)(d->count - count) * sizeof *d->packets);
    d->count -= count;
    d->sent -= count;
}

void lp_decoder_close(lp_decoder **decoder) {
    lp_decoder *const d = *decoder;
    if (!d)
        return;
    drop_packets(d, d->count);
    free(d->packets);
    avcodec_free_context(&d->context);
    avcodec_parameters_free(&d->parameters);
    free(d);
    *decoder = NULL;
}

/* ---- From threads to one ----------------------------------------------------------------------------------------- */

/* Restarts with one thread at the first packet that is kept. */
static int take_over(lp_decoder *d) {
    lightpose_error error = {0};
    const int reordered = d->context->has_b_frames;
    avcodec_free_context(&d->context);
    d->sent = 0;
    d->draining = 0;
    return open_context(d, 1, reordered, &error) == LIGHTPOSE_OK ? 0 : AVERROR(ENOMEM);
}

int lp_decoder_send(lp_decoder *d, const AVPacket *packet, int64_t mark, int counts) {
    if (!packet) {
        d->ending = 1;
        return 0;
    }
    if (d->count == d->capacity) {
        const int capacity = d->capacity ? 2 * d->capacity : 64;
        sent_packet *const grown = realloc(d->packets, (size_t)capacity * sizeof *grown);
        if (!grown)
            return AVERROR(ENOMEM);
        d->packets = grown;
        d->capacity = capacity;
    }
    AVPacket *const copy = av_packet_clone(packet);
    if (!copy)
        return AVERROR(ENOMEM);
    d->packets[d->count++] = (sent_packet){copy, mark, counts, 0};
    d->bytes += copy->size;
    return d->in_threads && (packet->flags & AV_PKT_FLAG_CORRUPT || d->bytes > MAX_KEPT) ? take_over(d) : 0;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Sends the next packet. */
static int feed(lp_decoder *d) {
    if (d->sent == d->count) {
        if (!d->ending || d->draining)
            return AVERROR(EAGAIN);
        d->draining = 1;
        return avcodec_send_packet(d->context, NULL);
    }
    const sent_packet *const next = &d->packets[d->sent++];
    lp_mark_packet(d->context, next->packet, next->mark);
    const int code = avcodec_send_packet(d->context, next->packet);
    return code < 0 && !d->in_threads && (!next->counts || next->came) ? 0 : code;
}

/* Notes that the frame of a packet has come. Returns 1 if it had come before one thread took over. Drops packets that
 * are not needed any more: with frame threads, those before an exact key frame whose frame has come, since all frames
 * displayed before it have come as well; with one thread, those whose frames cannot come any more. */
static int comes_again(lp_decoder *d, int64_t mark) {
    enum { MAX_DELAY = 64 };
    int at = 0;
    while (at < d->count && d->packets[at].mark != mark)
        at++;
    const int again = at < d->count && d->packets[at].came;
    if (!d->in_threads) {
        drop_packets(d, d->sent > MAX_DELAY ? d->sent - MAX_DELAY : 0);
        return again;
    }
    if (at < d->count) {
        d->packets[at].came = 1;
        if (lp_entry_is_exact(d->parameters, d->packets[at].packet))
            drop_packets(d, at);
    }
    return 0;
}

int lp_decoder_receive(lp_decoder *d, AVFrame *frame) {
    while (d->context) {
        int code = avcodec_receive_frame(d->context, frame);
        if (code == AVERROR(EAGAIN)) {
            code = feed(d);
            if (code >= 0)
                continue;
            if (code == AVERROR(EAGAIN))
                return code;
        }
        const int suspect = code < 0 ? code != AVERROR_EOF : lp_decoder_is_damaged(frame);
        if (suspect && d->in_threads) {
            av_frame_unref(frame);
            (void)take_over(d);
            continue;
        }
        if (code < 0 || !comes_again(d, lp_mark_frame(frame)))
            return code;
        av_frame_unref(frame);
    }
    return AVERROR_EOF; /* out of memory */
}
