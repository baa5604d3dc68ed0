/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/video.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#include "fail.h"
#include "input/convert.h"
#include "input/demux.h"
#include "input/packets.h"
#include "input/timeline.h"

/* Up to this frame a decoding from the start is as fast as reading the whole file for its packets. */
enum { NEAR_START = 300 };

struct lp_video {
    lp_demux demux;
    AVCodecContext *decoder;
    AVPacket *packet;
    AVFrame *decoded; /* a frame that waits for lost ones before it to be told */
    lp_timeline timeline;
    lp_input_converter converter;
    lp_input_orient orient;
    lp_input_options options;
    int64_t told;   /* frames told, for a range that never comes */
    double time;    /* of the last frame, in seconds */
    int has_packet; /* `packet` is to be sent still */
    int has_decoded;
    int draining; /* the file has ended: what the decoder holds back comes */
    int ended;
    int stopped;    /* told to stop: nothing is due any more */
    int read_error; /* why the file ended, other than by its end */
    int64_t seen;   /* packets of the video, whether they count or not */
    int scanned;    /* `seen` is of the whole file already */
};

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static lightpose_status open_decoder(lp_video *v, lightpose_error *error) {
    const AVCodecParameters *const parameters = v->demux.stream->codecpar;
    const AVCodec *const codec = avcodec_find_decoder(parameters->codec_id);
    if (!codec)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "%s: this FFmpeg has no decoder for %s", v->demux.text,
                            avcodec_get_name(parameters->codec_id));
    v->decoder = avcodec_alloc_context3(codec);
    v->packet = av_packet_alloc();
    v->decoded = av_frame_alloc();
    if (!v->decoder || !v->packet || !v->decoded || avcodec_parameters_to_context(v->decoder, parameters) < 0)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for a decoder", v->demux.text);
    v->decoder->pkt_timebase = v->demux.stream->time_base;
    v->decoder->thread_count = v->options.threads;
    /* Threads over frames hold frames back: live sources want each at once. */
    v->decoder->thread_type = v->demux.live ? FF_THREAD_SLICE : FF_THREAD_FRAME | FF_THREAD_SLICE;
    if (v->demux.live)
        v->decoder->flags |= AV_CODEC_FLAG_LOW_DELAY;
    const int code = avcodec_open2(v->decoder, codec, NULL);
    char text[64];
    if (code < 0)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "%s: the %s decoder: %s", v->demux.text, codec->name,
                            lp_tool_av_text(code, text, sizeof text));
    return LIGHTPOSE_OK;
}

static int is_worth_a_scan(const lp_video *v, const lp_source *source) {
    return source->kind == LP_SOURCE_VIDEO && v->options.first > NEAR_START && v->demux.format->pb &&
           v->demux.format->pb->seekable & AVIO_SEEKABLE_NORMAL && !strstr(source->text, "://");
}

/* Goes near the first frame asked for. Where that cannot be done with certainty the file is opened anew, and what comes
 * before is decoded and dropped. */
static lightpose_status enter(lp_video *v, const lp_source *source, lightpose_error *error) {
    lp_packets packets = {0};
    int64_t number = 0;
    const int sound = lp_packets_scan(&packets, &v->demux);
    v->seen = packets.seen;
    v->scanned = 1;
    lightpose_status status = LIGHTPOSE_OK;
    if (sound < 0) {
        status = lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for its index", source->text);
    } else if (sound && (uint64_t)v->options.first >= packets.count) {
        status = lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: there is no frame %lld; the last is %lld",
                              source->text, (long long)v->options.first, (long long)packets.count - 1);
    } else if (sound && lp_packets_enter(&packets, &v->demux, v->options.first, v->packet, &number)) {
        v->has_packet = 1;
        lp_timeline_start(&v->timeline, 1, number);
    } else {
        lp_demux_close(&v->demux);
        status = lp_demux_open(&v->demux, source, &v->options, error);
        v->seen = v->scanned = 0;
    }
    lp_packets_free(&packets);
    return status;
}

lightpose_status lp_video_open(lp_video **video, const lp_source *source, const lp_input_options *options,
                               int64_t number, lightpose_error *error) {
    *video = NULL;
    lp_video *v = calloc(1, sizeof *v);
    if (!v)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory", source->text);
    v->options = *options;
    v->time = NAN;
    lightpose_status status = lp_demux_open(&v->demux, source, options, error);
    if (status == LIGHTPOSE_OK) {
        const int by_time = lp_demux_has_times(&v->demux);
        lp_timeline_start(&v->timeline, by_time, number);
        v->orient = lp_input_orient_then(lp_demux_orient(&v->demux), options->turn);
        status = open_decoder(v, error);
        if (status == LIGHTPOSE_OK && by_time && is_worth_a_scan(v, source))
            status = enter(v, source, error);
    }
    if (status == LIGHTPOSE_OK)
        *video = v;
    else
        lp_video_close(&v);
    return status;
}

void lp_video_close(lp_video **video) {
    lp_video *const v = *video;
    if (!v)
        return;
    avcodec_free_context(&v->decoder);
    av_packet_free(&v->packet);
    av_frame_free(&v->decoded);
    lp_input_converter_free(&v->converter);
    lp_demux_close(&v->demux);
    free(v);
    *video = NULL;
}

void lp_video_get_about(const lp_video *v, lp_input_about *about) {
    const AVStream *const stream = v->demux.stream;
    AVRational rate = stream->avg_frame_rate;
    if (rate.num <= 0 || rate.den <= 0)
        rate = stream->r_frame_rate;
    *about = (lp_input_about){
        .width = stream->codecpar->width, .height = stream->codecpar->height, .frames = -1, .live = v->demux.live};
    if (v->orient.transpose) {
        about->width = stream->codecpar->height;
        about->height = stream->codecpar->width;
    }
    if (rate.num > 0 && rate.den > 0) {
        about->rate_num = rate.num;
        about->rate_den = rate.den;
        about->fps = av_q2d(rate);
    }
    int64_t total = stream->nb_frames;
    if (total <= 0 && v->demux.format->duration > 0 && about->fps > 0)
        total = llround((double)v->demux.format->duration / AV_TIME_BASE * about->fps);
    if (about->live || total <= 0)
        return;
    const lp_input_options *const o = &v->options;
    const int64_t last = o->last >= 0 && o->last < total - 1 ? o->last : total - 1;
    about->frames = last < o->first ? 0 : (last - o->first) / o->step + 1;
}

int64_t lp_video_number(const lp_video *v) {
    return v->timeline.next;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* The time of a frame in seconds. AVI files lack some: those follow at the nominal rate. */
static double seconds(lp_video *v, int64_t time) {
    const AVRational rate = v->demux.stream->avg_frame_rate;
    if (time != AV_NOPTS_VALUE)
        v->time = (double)time * av_q2d(v->demux.stream->time_base);
    else
        v->time = rate.num > 0 && !v->demux.live ? v->time + av_q2d(av_inv_q(rate)) : NAN;
    return v->time;
}

static int is_wanted(const lp_video *v, int64_t index) {
    const lp_input_options *const o = &v->options;
    return index >= o->first && (o->last < 0 || index <= o->last) && (index - o->first) % o->step == 0;
}

static void tell_lost(lp_input_frame *frame, const char *reason) {
    frame->state = LP_INPUT_UNDECODABLE;
    snprintf(frame->reason, sizeof frame->reason, "%.*s", (int)sizeof frame->reason - 1, reason);
}

/* Sends a packet, or the end, to the decoder. */
static void feed(lp_video *v) {
    if (!v->has_packet) {
        const int code = lp_demux_read(&v->demux, v->packet);
        if (code < 0) {
            v->stopped = code == AVERROR_EXIT;
            v->read_error = code == AVERROR_EOF || v->stopped ? 0 : code;
            v->draining = 1;
            avcodec_send_packet(v->decoder, NULL);
            return;
        }
        v->seen += !v->scanned;
    }
    v->has_packet = 0;
    const int counts = lp_timeline_counts(&v->timeline, v->demux.stream->codecpar, v->packet);
    if (counts)
        lp_timeline_sent(&v->timeline, v->packet);
    /* The decoder has been emptied before, so it takes the packet or refuses it for good. */
    if (avcodec_send_packet(v->decoder, v->packet) < 0 && counts)
        lp_timeline_failed(&v->timeline);
    av_packet_unref(v->packet);
}

/* Turns the decoder's frame into one of ours. */
static void deliver(lp_video *v, lp_input_frame *frame) {
    if (v->decoded->decode_error_flags || v->decoded->flags & AV_FRAME_FLAG_CORRUPT) {
        tell_lost(frame, "the data of this frame, or of one that it builds on, are damaged");
        return;
    }
    frame->owner = av_frame_alloc();
    if (!frame->owner) {
        tell_lost(frame, "out of memory");
        return;
    }
    av_frame_move_ref(frame->owner, v->decoded);
    lightpose_error error = {0};
    if (lp_input_convert(&v->converter, frame->owner, v->orient, &frame->image, &error) != LIGHTPOSE_OK) {
        tell_lost(frame, error.text);
        av_frame_free(&frame->owner);
    }
}

/* Numbers what lies ready: 1 with *frame filled, 0 if more has to be decoded. */
static int take(lp_video *v, lp_input_frame *frame) {
    int64_t index, time = v->has_decoded ? v->decoded->pts : v->ended && !v->stopped ? INT64_MAX : INT64_MIN;
    if (v->has_decoded && (!v->timeline.by_time || time == AV_NOPTS_VALUE))
        time = v->decoded->best_effort_timestamp;
    int64_t lost_time;
    while (lp_timeline_lost(&v->timeline, time, &index, &lost_time)) {
        frame->time = seconds(v, lost_time);
        if (is_wanted(v, index)) {
            frame->index = index;
            tell_lost(frame, "the decoder returned nothing for it");
            return 1;
        }
    }
    if (!v->has_decoded)
        return 0;
    v->has_decoded = 0;
    frame->index = lp_timeline_came(&v->timeline, time);
    frame->time = seconds(v, time);
    const int wanted = is_wanted(v, frame->index);
    if (wanted)
        deliver(v, frame);
    av_frame_unref(v->decoded);
    return wanted;
}

/* The end of the file: what was wrong with it as a whole. */
static int finish(lp_video *v, lightpose_error *error) {
    const char *const text = v->demux.text;
    const long long next = v->timeline.next, first = v->options.first, total = v->demux.stream->nb_frames;
    char reason[64];
    if (v->stopped)
        return 0;
    if (v->demux.live)
        lp_tool_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", text,
                     v->read_error ? lp_tool_av_text(v->read_error, reason, sizeof reason) : "the stream ended");
    else if (next == 0)
        lp_tool_fail(error, LIGHTPOSE_ERROR_IMAGE, "%s: the video has no frame that can be decoded", text);
    else if (v->told == 0 && first >= next)
        lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: there is no frame %lld; the last is %lld", text, first,
                     next - 1);
    else if (strstr(v->demux.format->iformat->name, "mp4") && v->seen < total) /* MP4 says how many there are */
        lp_tool_fail(error, LIGHTPOSE_ERROR_FILE,
                     "%s: the file is cut short: it ends after frame %lld; %lld of %lld are missing", text, next - 1,
                     total - v->seen, total);
    else if (v->read_error)
        lp_tool_fail(error, LIGHTPOSE_ERROR_FILE, "%s: after frame %lld: %s", text, next - 1,
                     lp_tool_av_text(v->read_error, reason, sizeof reason));
    else if (!strstr(text, "://") && lp_demux_is_cut(&v->demux))
        lp_tool_fail(error, LIGHTPOSE_ERROR_FILE, "%s: the file is cut short: it ends after frame %lld", text,
                     next - 1);
    else
        return 0;
    return -1;
}

int lp_video_next(lp_video *v, lp_input_frame *frame, lightpose_error *error) {
    lp_input_frame_release(frame);
    for (;;) {
        if (take(v, frame)) {
            v->told++;
            return 1;
        }
        if (v->ended || (v->options.last >= 0 && v->timeline.next > v->options.last))
            return v->ended ? finish(v, error) : 0;
        const int code = avcodec_receive_frame(v->decoder, v->decoded);
        if (code >= 0) {
            v->has_decoded = 1;
        } else if (v->stopped || code == AVERROR_EOF || (v->draining && code == AVERROR(EAGAIN))) {
            v->ended = 1;
        } else if (code == AVERROR(EAGAIN)) {
            feed(v);
        } else {
            lp_timeline_failed(&v->timeline);
        }
    }
}
