/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/video.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libavcodec/avcodec.h>

#include "fail.h"
#include "input/convert.h"
#include "input/decoder.h"
#include "input/demux.h"
#include "input/entry.h"
#include "input/packets.h"
#include "input/mark.h"
#include "input/timeline.h"

/* Up to this frame, decoding from the start is as fast as reading all packets of the file. */
enum { NEAR_START = 300, NEAR_SECONDS = 10 };

struct lp_video {
    lp_demux demux;
    lp_decoder *decoder;
    AVPacket *packet;
    AVFrame *decoded;
    AVFrame *held[LP_TIMELINE_HELD]; /* the frames of timeline.came, which wait for earlier ones */
    lp_timeline timeline;
    lp_clock *clock;
    lp_pace *pace;
    lp_input_converter converter;
    lp_input_orient orient;
    lp_input_options options;
    struct {
        double monotonic, utc;
    } arrived[LP_TIMELINE_PENDING]; /* of live sources: when packets came, by mark modulo LP_TIMELINE_PENDING */
    int intra_only;                 /* each packet is an independent picture, which the decoder returns at once */
    int64_t damaged;                /* the last lost or damaged frame since a key frame; -1: none */
    double jump;                    /* of the clock, before frames that were not returned */
    int64_t told;                   /* frames returned; 0: the range has had none */
    double since_start;             /* of the last frame, returned or not */
    int past;                       /* a frame after the range has come */
    int has_packet;                 /* `packet` still has to be sent */
    int draining;                   /* the file has ended: the decoder returns what it holds back */
    int ended;
    int stopped;    /* stopped: no more frames are due */
    int read_error; /* the error that ended the file; 0: its end */
};

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

/* Whether any packet can be skipped without decoding, because no picture depends on another. */
static int is_intra_only(const AVCodecParameters *codec) {
    const AVCodecDescriptor *const about = avcodec_descriptor_get(codec->codec_id);
    const AVCodec *const decoder = avcodec_find_decoder(codec->codec_id);
    return about && decoder && about->props & AV_CODEC_PROP_INTRA_ONLY && !(decoder->capabilities & AV_CODEC_CAP_DELAY);
}

static lightpose_status open_decoder(lp_video *v, lightpose_error *error) {
    v->intra_only = v->pace->rate > 0 && is_intra_only(v->demux.stream->codecpar);
    const lp_decoder_options options = {
        .parameters = v->demux.stream->codecpar,
        .base = v->demux.stream->time_base,
        .name = v->demux.text,
        /* With frame threads, FFmpeg reports intact frames of two fields as damaged. */
        .threads = v->timeline.fields.has_fields ? 1 : v->options.threads,
        .at_once = v->demux.live || v->demux.once || v->intra_only,
        .live = v->demux.live,
        .keep_damaged = v->options.keep_damaged,
    };
    v->packet = av_packet_alloc();
    v->decoded = av_frame_alloc();
    int held = 0;
    while (held < LP_TIMELINE_HELD && (v->held[held] = av_frame_alloc()))
        held++;
    if (!v->packet || !v->decoded || held < LP_TIMELINE_HELD)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for a decoder", v->demux.text);
    return lp_decoder_open(&v->decoder, &options, error);
}

static void start_timeline(lp_video *v, int64_t number) {
    const AVStream *const stream = v->demux.stream;
    lp_timeline_start(&v->timeline, lp_demux_has_times(&v->demux), number, stream->codecpar, stream->time_base,
                      lp_demux_has_decoding_times(&v->demux));
}

static int is_worth_a_scan(const lp_video *v, const lp_source *source) {
    const lp_input_range *const range = &v->options.range;
    const int is_far = range->from >= 0
                           ? range->from > (v->clock->step > 0 ? v->clock->step * NEAR_START : NEAR_SECONDS)
                           : range->first > NEAR_START;
    return source->kind == LP_SOURCE_VIDEO && is_far && v->timeline.by_time && lp_demux_can_be_entered(&v->demux);
}

/* The number of the first frame in the range; the number of all frames if there is none. -1: unknown, because our times
 * do not follow the source's over a joint. */
static int64_t first_wanted(const lp_video *v, const lp_packets *packets) {
    const lp_input_range *const range = &v->options.range;
    const double unit = av_q2d(v->demux.stream->time_base);
    if (range->from < 0)
        return range->first < (int64_t)packets->count ? range->first : (int64_t)packets->count;
    for (size_t i = 0; i < packets->count; i++) {
        if (i > 0 && lp_clock_is_joint(v->clock, (double)(packets->shown[i] - packets->shown[i - 1]) * unit))
            return -1;
        if ((double)(packets->shown[i] - packets->shown[0]) * unit > range->from - LP_INPUT_RANGE_SAME)
            return (int64_t)i;
    }
    return (int64_t)packets->count;
}

/* Seeks to a key frame before the first frame of the range. If an exact seek is not possible, reopens the file; the
 * frames before the range are then decoded and dropped. */
static lightpose_status enter(lp_video *v, const lp_source *source, lightpose_error *error) {
    lp_packets packets = {0};
    int64_t number = 0;
    const int sound = lp_packets_scan(&packets, &v->demux);
    const int64_t first = sound > 0 ? first_wanted(v, &packets) : -1;
    const double unit = av_q2d(v->demux.stream->time_base);
    lightpose_status status = LIGHTPOSE_OK;
    if (sound < 0) {
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for its index", source->text);
    } else if (first == (int64_t)packets.count) {
        status = lp_input_range_fail_beyond(&v->options.range, first - 1,
                                            (double)(packets.shown[first - 1] - packets.shown[0]) * unit, source->text,
                                            error);
    } else if (first >= 0 && lp_packets_enter(&packets, &v->demux, first, v->packet, &number)) {
        v->has_packet = 1;
        v->clock->start = (double)packets.shown[0] * unit;
        start_timeline(v, number);
    } else {
        lp_demux_close(&v->demux);
        status = lp_demux_open(&v->demux, source, &v->options, NULL, error);
    }
    lp_packets_free(&packets);
    return status;
}

lightpose_status lp_video_open(lp_video **video, const lp_source *source, const lp_input_options *options,
                               lp_bytes *bytes, lp_clock *clock, lp_pace *pace, int64_t number,
                               lightpose_error *error) {
    *video = NULL;
    lp_video *v = calloc(1, sizeof *v);
    if (!v)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory", source->text);
    v->options = *options;
    v->clock = clock;
    v->pace = pace;
    v->damaged = -1;
    lightpose_status status = lp_demux_open(&v->demux, source, options, bytes, error);
    if (status == LIGHTPOSE_OK) {
        const AVRational rate = v->demux.stream->avg_frame_rate;
        clock->step = rate.num > 0 && rate.den > 0 ? av_q2d(av_inv_q(rate)) : 0;
        clock->joins = v->demux.format->iformat->flags & AVFMT_TS_DISCONT;
        start_timeline(v, number);
        v->orient = lp_input_orient_then(lp_demux_orient(&v->demux), options->turn);
        status = open_decoder(v, error);
        if (status == LIGHTPOSE_OK && is_worth_a_scan(v, source))
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
    lp_decoder_close(&v->decoder);
    av_packet_free(&v->packet);
    av_frame_free(&v->decoded);
    for (int i = 0; i < LP_TIMELINE_HELD; i++)
        av_frame_free(&v->held[i]);
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
    *about = (lp_input_about){.width = stream->codecpar->width,
                              .height = stream->codecpar->height,
                              .frames = -1,
                              .live = v->demux.live,
                              .time_base_num = stream->time_base.num,
                              .time_base_den = stream->time_base.den};
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
    const lp_input_range *const range = &v->options.range;
    const int64_t first = range->from >= 0 ? llround(range->from * about->fps) : range->first;
    const int64_t end = range->to >= 0 ? llround(range->to * about->fps) : range->last;
    const int64_t last = end >= 0 && end < total - 1 ? end : total - 1;
    about->frames = last < first ? 0 : (last - first) / v->options.step + 1;
    if (v->options.fps > 0 && about->fps > v->options.fps)
        about->frames = llround((double)about->frames * v->options.fps / about->fps);
}

int64_t lp_video_number(const lp_video *v) {
    return v->timeline.next;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static double now_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The time of a packet or frame in seconds; NAN if it has none or if times are not the source's. */
static double source_time(const lp_video *v, int64_t ticks) {
    return ticks != AV_NOPTS_VALUE && lp_demux_has_clock(&v->demux) ? (double)ticks * av_q2d(v->demux.stream->time_base)
                                                                    : NAN;
}

/* Fills in the times of the next frame. */
static void tell_times(lp_video *v, const lp_timeline_entry *entry, lp_input_frame *frame) {
    const int64_t at = entry->mark % LP_TIMELINE_PENDING;
    double jump;
    if (v->demux.live) {
        frame->utc = entry->mark ? v->arrived[at].utc : now_of(CLOCK_REALTIME);
        frame->arrived = entry->mark ? v->arrived[at].monotonic : now_of(CLOCK_MONOTONIC);
    }
    frame->time = lp_clock_tell(v->clock, source_time(v, entry->time), entry->stretch, frame->arrived, &jump);
    /* A leap before a frame that is skipped is reported with the next one. */
    v->jump += jump;
    frame->jump = v->jump;
}

/* Whether a frame is in the range and on a step. Steps count from the first frame: a start by time is replaced by the
 * number of the first frame there. */
static int is_wanted(lp_video *v, int64_t index, double time) {
    lp_input_range *const range = &v->options.range;
    v->since_start = lp_clock_since_start(v->clock, time, index);
    v->past |= range->to >= 0 && v->since_start > range->to + LP_INPUT_RANGE_SAME;
    if (v->past || (range->from >= 0 && v->since_start < range->from - LP_INPUT_RANGE_SAME))
        return 0;
    if (range->from >= 0) {
        range->first = index;
        range->from = -1;
    }
    return index >= range->first && (range->to >= 0 || range->last < 0 || index <= range->last) &&
           (index - range->first) % v->options.step == 0;
}

static void tell_lost(lp_input_frame *frame, const char *reason) {
    frame->state = LP_INPUT_UNDECODABLE;
    snprintf(frame->reason, sizeof frame->reason, "%.*s", (int)sizeof frame->reason - 1, reason);
}

/* The period of a packet's frame; INT64_MIN if that is not certain yet. */
static int64_t period_of(const lp_video *v, const lp_timeline_entry *entry) {
    const double arrived = entry->mark ? v->arrived[entry->mark % LP_TIMELINE_PENDING].monotonic : NAN;
    const double time = lp_clock_expect(v->clock, source_time(v, entry->time), v->demux.live ? arrived : NAN);
    return isnan(time) || entry->stretch != v->timeline.shown.stretch
               ? INT64_MIN
               : lp_pace_period(v->pace, time - v->clock->start, v->clock->step);
}

/* Whether the packet just counted can be skipped: an earlier frame is in the same period, and no other frame depends on
 * this one. If in doubt, it is decoded. */
static int may_pass(const lp_video *v) {
    const lp_timeline *const t = &v->timeline;
    const lp_timeline_entry entry = {.mark = t->mark, .time = v->packet->pts, .stretch = t->stretch};
    if (v->pace->rate <= 0 || v->past || (t->by_time ? entry.time == AV_NOPTS_VALUE : !v->intra_only) ||
        (v->clock->joins && !v->demux.live))
        return 0;
    if (!v->intra_only && (t->fields.has_fields || !lp_entry_is_unreferenced(v->demux.stream->codecpar, v->packet)))
        return 0;
    const int64_t period = period_of(v, &entry);
    int taken = period != INT64_MIN && period <= v->pace->kept;
    for (int i = 0; period != INT64_MIN && i < t->pending_count && !taken; i++)
        taken = t->pending[i].mark != entry.mark && !t->pending[i].passed && t->pending[i].time < entry.time &&
                period_of(v, &t->pending[i]) == period;
    return taken;
}

/* Sends a packet, or the end, to the decoder. */
static void feed(lp_video *v) {
    if (!v->has_packet) {
        const int code = lp_demux_read(&v->demux, v->packet);
        if (code < 0) {
            v->stopped = code == AVERROR_EXIT;
            v->read_error = code == AVERROR_EOF || v->stopped ? 0 : code;
            v->draining = 1;
            (void)lp_decoder_send(v->decoder, NULL, 0, 0);
            return;
        }
    }
    v->has_packet = 0;
    const int counts = lp_timeline_counts(&v->timeline, v->demux.stream->codecpar, v->packet);
    if (counts)
        lp_timeline_sent(&v->timeline, v->packet);
    if (v->demux.live) {
        v->arrived[v->timeline.mark % LP_TIMELINE_PENDING].utc = now_of(CLOCK_REALTIME);
        v->arrived[v->timeline.mark % LP_TIMELINE_PENDING].monotonic = now_of(CLOCK_MONOTONIC);
    }
    if (counts && may_pass(v)) {
        lp_timeline_passed(&v->timeline, v->packet->pts);
        v->pace->passed++;
        av_packet_unref(v->packet);
        return;
    }
    /* An empty packet would signal the end to the decoder. */
    if (v->packet->size > 0 && lp_decoder_send(v->decoder, v->packet, v->timeline.mark, counts) < 0 && counts)
        lp_timeline_failed(&v->timeline);
    av_packet_unref(v->packet);
}

__attribute__((format(printf, 2, 3))) static void mark_damaged(lp_input_frame *frame, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(frame->reason, sizeof frame->reason, format, args);
    va_end(args);
    frame->damaged = 1;
}

/* Damage spreads from frame to frame until the next key frame. */
static void note_damage(lp_video *v, lp_timeline_event event, const AVFrame *decoded, int64_t index) {
    if (event == LP_TIMELINE_LOST || lp_decoder_is_damaged(decoded))
        v->damaged = index;
    else if (lp_mark_is_key(decoded))
        v->damaged = -1;
}

/* A pixel's width divided by its height, from the container or the codec; 0 if it is square, unknown or implausible.
 * Ratios that differ from 1 by less than half a percent result from rounded sizes. */
static float pixel_aspect(const lp_video *v, AVFrame *decoded) {
    const AVRational ratio = av_guess_sample_aspect_ratio(v->demux.format, v->demux.stream, decoded);
    const double aspect = ratio.num > 0 && ratio.den > 0 ? av_q2d(ratio) : 1;
    return fabs(aspect - 1) < 0.005 || aspect < 1.0 / 16 || aspect > 16 ? 0 : (float)aspect;
}

/* Fills *frame from the decoder's frame. */
static void deliver(lp_video *v, AVFrame *decoded, int64_t index, lp_input_frame *frame) {
    if (lp_decoder_is_damaged(decoded) && !v->options.keep_damaged) {
        tell_lost(frame, "its data are damaged");
        return;
    }
    if (lp_decoder_is_damaged(decoded))
        mark_damaged(frame, "its data are damaged; the decoder has filled in what is lost");
    else if (v->damaged >= 0 && v->damaged != index)
        mark_damaged(frame, "it may build on frame %lld, which is damaged", (long long)v->damaged);
    frame->owner = av_frame_alloc();
    if (!frame->owner) {
        tell_lost(frame, "out of memory");
        return;
    }
    const float aspect = pixel_aspect(v, decoded);
    av_frame_move_ref(frame->owner, decoded);
    lightpose_error error = {0};
    if (lp_input_convert(&v->converter, frame->owner, v->orient, aspect, &frame->image, &error) != LIGHTPOSE_OK) {
        tell_lost(frame, error.text);
        av_frame_free(&frame->owner);
    }
}

/* Returns the next wanted frame that is ready: 1 with *frame filled, 0 if more has to be decoded. */
static int take(lp_video *v, lp_input_frame *frame) {
    int64_t index;
    lp_timeline_entry entry;
    lp_timeline_event event;
    while (!v->past &&
           (event = lp_timeline_tell(&v->timeline, v->ended && !v->stopped, &index, &entry)) != LP_TIMELINE_WAIT) {
        AVFrame *const decoded = v->held[0];
        tell_times(v, &entry, frame);
        const int wanted =
            is_wanted(v, index, frame->time) && !entry.passed && lp_pace_keeps(v->pace, v->since_start, v->clock->step);
        if (!entry.passed)
            note_damage(v, event, decoded, index);
        if (event == LP_TIMELINE_FRAME) {
            memmove(v->held, v->held + 1, (LP_TIMELINE_HELD - 1) * sizeof *v->held);
            v->held[LP_TIMELINE_HELD - 1] = decoded;
            if (wanted)
                deliver(v, decoded, index, frame);
            av_frame_unref(decoded);
        } else if (wanted) {
            tell_lost(frame, "the decoder returned nothing for it");
        }
        if (wanted) {
            frame->index = index;
            v->jump = 0;
            return 1;
        }
    }
    return 0;
}

/* Appends the decoder's frame to those not reported yet. */
static void hold(lp_video *v) {
    AVFrame *const to = v->held[v->timeline.came_count];
    lp_timeline_came(&v->timeline, lp_mark_frame(v->decoded), v->decoded->best_effort_timestamp);
    av_frame_move_ref(to, v->decoded);
}

/* Reports a range that extends beyond the end. */
static void tell_short(const lp_video *v) {
    char text[512];
    if (v->options.tell && lp_input_range_tell_short(&v->options.range, v->options.step, v->timeline.next - 1,
                                                     v->since_start, v->clock->last_step, v->demux.text, text))
        v->options.tell(v->options.opaque, text);
}

/* At the end of the file, reports what was wrong with it. Returns 0, or -1 with an error. */
static int finish(lp_video *v, lightpose_error *error) {
    const char *const text = v->demux.text;
    const long long next = v->timeline.next, first = v->options.range.first, missing = lp_demux_missing(&v->demux);
    char reason[64];
    if (v->stopped)
        return 0;
    if (v->demux.live)
        lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", text,
                v->read_error ? lp_tool_av_text(v->read_error, reason, sizeof reason) : "the stream ended");
    else if (next == 0 && lp_demux_cannot_go_back(&v->demux))
        lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "%s: %s", text, lp_demux_index_behind);
    else if (next == 0 && v->read_error && v->read_error != AVERROR_INVALIDDATA)
        lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", text, lp_tool_av_text(v->read_error, reason, sizeof reason));
    else if (next == 0)
        lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "%s: the video has no frame that can be decoded", text);
    else if (v->told == 0 && (first >= next || v->options.range.from >= 0))
        (void)lp_input_range_fail_beyond(&v->options.range, next - 1, v->since_start, text, error);
    else if (missing > 0)
        lp_fail(error, LIGHTPOSE_ERROR_FILE,
                "%s: the file is cut short: it ends after frame %lld; %lld more are in its index", text, next - 1,
                missing);
    else if (v->read_error)
        lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: after frame %lld: %s", text, next - 1,
                lp_tool_av_text(v->read_error, reason, sizeof reason));
    else if (lp_demux_is_cut(&v->demux))
        lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: the file is cut short: it ends after frame %lld", text, next - 1);
    else
        return tell_short(v), 0;
    return -1;
}

int lp_video_next(lp_video *v, lp_input_frame *frame, lightpose_error *error) {
    lp_input_frame_release(frame);
    for (;;) {
        if (take(v, frame)) {
            v->told++;
            return 1;
        }
        const lp_input_range *const range = &v->options.range;
        if (v->past) /* without any frame, the range lies between two */
            return v->told || v->demux.live ? 0 : (lp_input_range_fail_between(range, v->demux.text, error), -1);
        if (v->ended)
            return finish(v, error);
        if (range->to < 0 && range->last >= 0 && v->timeline.next > range->last)
            return 0;
        const int code = lp_decoder_receive(v->decoder, v->decoded);
        if (code >= 0) {
            hold(v);
        } else if (v->stopped || code == AVERROR_EOF || (v->draining && code == AVERROR(EAGAIN))) {
            v->ended = 1;
        } else if (code == AVERROR(EAGAIN)) {
            feed(v);
        } else {
            lp_timeline_failed(&v->timeline);
        }
    }
}
