/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/timeline.h"

#include <string.h>

#include <libavutil/avutil.h>

void lp_timeline_start(lp_timeline *timeline, int by_time, int64_t index, const AVCodecParameters *codec,
                       AVRational base, int own_decoding_times) {
    *timeline = (lp_timeline){.base = base,
                              .own_decoding_times = own_decoding_times,
                              .by_time = by_time,
                              .next = index,
                              .decoded = AV_NOPTS_VALUE,
                              .shown = {.time = INT64_MIN, .stretch = 0}};
    lp_fields_start(&timeline->fields, codec);
}

/* ---- Packets ----------------------------------------------------------------------------------------------------- */

/* VP8 says in its first byte whether a picture is shown (RFC 6386 section 9.1). VP9 and AV1 keep hidden pictures in one
 * packet with a shown one. */
static int is_shown(enum AVCodecID codec, const uint8_t *data, int size) {
    return codec != AV_CODEC_ID_VP8 || size < 1 || data[0] >> 4 & 1;
}

/* Whether the clock leapt back before this packet. Decoding times ascend. If the container has none, those that FFmpeg
 * guesses are irregular after a leap; then only a key frame or more than a second back counts as a leap. */
static int leaps_back(const lp_timeline *t, const AVPacket *packet) {
    if (packet->dts == AV_NOPTS_VALUE || t->decoded == AV_NOPTS_VALUE || packet->dts >= t->decoded)
        return 0;
    const double seconds = (double)(t->decoded - packet->dts) * av_q2d(t->base);
    return t->own_decoding_times || !t->reorders || packet->flags & AV_PKT_FLAG_KEY || seconds > 1;
}

int lp_timeline_counts(lp_timeline *timeline, const AVCodecParameters *codec, const AVPacket *packet) {
    timeline->mark++;
    const int second = lp_fields_is_second(&timeline->fields, codec, packet);
    timeline->stretch += leaps_back(timeline, packet);
    timeline->reorders |= packet->pts != AV_NOPTS_VALUE && packet->dts != AV_NOPTS_VALUE && packet->pts != packet->dts;
    if (packet->dts != AV_NOPTS_VALUE)
        timeline->decoded = packet->dts;
    if (second || packet->size == 0 || packet->flags & AV_PKT_FLAG_DISCARD ||
        !is_shown(codec->codec_id, packet->data, packet->size))
        return 0;
    if (!timeline->started) {
        if (!(packet->flags & AV_PKT_FLAG_KEY))
            return 0;
        timeline->started = 1;
        timeline->start = packet->pts;
    }
    return !timeline->by_time || timeline->stretch > 0 || packet->pts == AV_NOPTS_VALUE ||
           packet->pts >= timeline->start;
}

/* The times do not give the order of display: from here on, frames are counted. */
static void give_up_times(lp_timeline *timeline) {
    timeline->by_time = 0;
    timeline->pending_count = 0;
}

static int is_before(const lp_timeline_entry *a, const lp_timeline_entry *b) {
    return a->stretch != b->stretch ? a->stretch < b->stretch : a->time < b->time;
}

static void take_pending(lp_timeline *t, int at) {
    t->pending_count--;
    memmove(t->pending + at, t->pending + at + 1, (size_t)(t->pending_count - at) * sizeof *t->pending);
}

void lp_timeline_sent(lp_timeline *timeline, const AVPacket *packet) {
    if (!timeline->by_time)
        return;
    if (packet->pts == AV_NOPTS_VALUE || timeline->pending_count == LP_TIMELINE_PENDING) {
        give_up_times(timeline);
        return;
    }
    const lp_timeline_entry entry = {.mark = timeline->mark, .time = packet->pts, .stretch = timeline->stretch};
    int at = timeline->pending_count++;
    for (; at > 0 && is_before(&entry, &timeline->pending[at - 1]); at--)
        timeline->pending[at] = timeline->pending[at - 1];
    timeline->pending[at] = entry;
}

void lp_timeline_passed(lp_timeline *timeline, int64_t time) {
    lp_timeline *const t = timeline;
    if (!t->by_time) {
        t->came[t->came_count++] =
            (lp_timeline_entry){.mark = t->mark, .time = time, .stretch = t->stretch, .passed = 1};
        return;
    }
    for (int i = 0; i < t->pending_count; i++)
        if (t->pending[i].mark == t->mark)
            t->pending[i].passed = 1;
}

void lp_timeline_failed(lp_timeline *timeline) {
    if (!timeline->by_time)
        timeline->lost++;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

void lp_timeline_came(lp_timeline *timeline, int64_t mark, int64_t time) {
    const lp_timeline_entry *const last =
        timeline->came_count ? &timeline->came[timeline->came_count - 1] : &timeline->shown;
    lp_timeline_entry entry = {.time = time, .stretch = last->stretch};
    for (int i = 0; i < timeline->pending_count; i++)
        if (timeline->pending[i].mark == mark) {
            entry = timeline->pending[i];
            take_pending(timeline, i);
            if (is_before(&entry, last)) {
                give_up_times(timeline);
                entry = (lp_timeline_entry){.mark = mark, .time = time, .stretch = last->stretch};
            }
            break;
        }
    timeline->came[timeline->came_count++] = entry;
}

lp_timeline_event lp_timeline_tell(lp_timeline *timeline, int ended, int64_t *index, lp_timeline_entry *entry) {
    lp_timeline *const t = timeline;
    const lp_timeline_entry *const frame = t->came_count ? &t->came[0] : NULL;
    const int due = t->pending_count > 0 && (!frame || (frame->mark && is_before(&t->pending[0], frame)));
    /* A skipped packet yields no frame, but with reordering an earlier frame may still come. */
    const int passed = due && t->pending[0].passed && (frame || !t->reorders);
    lp_timeline_event event = frame ? LP_TIMELINE_FRAME : LP_TIMELINE_WAIT;
    if (t->lost > 0) {
        t->lost--;
        *entry = (lp_timeline_entry){.time = AV_NOPTS_VALUE, .stretch = t->shown.stretch};
        event = LP_TIMELINE_LOST;
    } else if (due &&
               (passed || ended || t->came_count == LP_TIMELINE_HELD || t->pending_count == LP_TIMELINE_PENDING)) {
        *entry = t->shown = t->pending[0];
        take_pending(t, 0);
        event = LP_TIMELINE_LOST;
    } else if (due || !frame) {
        return LP_TIMELINE_WAIT;
    } else {
        *entry = *frame;
        if (frame->mark)
            t->shown = *frame;
        memmove(t->came, t->came + 1, (size_t)--t->came_count * sizeof *t->came);
    }
    *index = t->next++;
    return event;
}
