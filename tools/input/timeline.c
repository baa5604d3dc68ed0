/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/timeline.h"

#include <string.h>

#include <libavutil/avutil.h>

void lp_timeline_start(lp_timeline *timeline, int by_time, int64_t index) {
    *timeline = (lp_timeline){.by_time = by_time, .next = index, .latest = INT64_MIN};
}

/* VP8 says in its first byte whether a picture is shown (RFC 6386 section 9.1). VP9 and AV1 keep hidden pictures in one
 * packet with a shown one. */
static int is_shown(enum AVCodecID codec, const uint8_t *data, int size) {
    return codec != AV_CODEC_ID_VP8 || size < 1 || data[0] >> 4 & 1;
}

int lp_timeline_counts(lp_timeline *timeline, const AVCodecParameters *codec, const AVPacket *packet) {
    if (packet->flags & AV_PKT_FLAG_DISCARD || !is_shown(codec->codec_id, packet->data, packet->size))
        return 0;
    if (!timeline->started) {
        if (!(packet->flags & AV_PKT_FLAG_KEY))
            return 0;
        timeline->started = 1;
        timeline->start = packet->pts;
    }
    return !timeline->by_time || packet->pts >= timeline->start;
}

/* Times are no order of display after all: from here on frames are counted. */
static void give_up_times(lp_timeline *timeline) {
    timeline->by_time = 0;
    timeline->count = 0;
}

void lp_timeline_sent(lp_timeline *timeline, const AVPacket *packet) {
    if (!timeline->by_time)
        return;
    if (packet->pts == AV_NOPTS_VALUE) {
        give_up_times(timeline);
        return;
    }
    if (timeline->count == LP_TIMELINE_PENDING) {
        /* Nothing has come for so long that the oldest never will. */
        timeline->lost++;
        timeline->latest = timeline->pending[0];
        memmove(timeline->pending, timeline->pending + 1, (LP_TIMELINE_PENDING - 1) * sizeof *timeline->pending);
        timeline->count--;
    }
    int at = timeline->count++;
    for (; at > 0 && timeline->pending[at - 1] > packet->pts; at--)
        timeline->pending[at] = timeline->pending[at - 1];
    timeline->pending[at] = packet->pts;
}

void lp_timeline_failed(lp_timeline *timeline) {
    if (!timeline->by_time)
        timeline->lost++;
}

int lp_timeline_lost(lp_timeline *timeline, int64_t before, int64_t *index, int64_t *time) {
    if (timeline->lost > 0) {
        timeline->lost--;
        *time = AV_NOPTS_VALUE;
    } else if (timeline->count > 0 && before != AV_NOPTS_VALUE && timeline->pending[0] < before) {
        *time = timeline->latest = timeline->pending[0];
        memmove(timeline->pending, timeline->pending + 1, (size_t)--timeline->count * sizeof *timeline->pending);
    } else {
        return 0;
    }
    *index = timeline->next++;
    return 1;
}

int64_t lp_timeline_came(lp_timeline *timeline, int64_t time) {
    if (timeline->by_time && (time == AV_NOPTS_VALUE || time < timeline->latest))
        give_up_times(timeline);
    if (timeline->by_time && timeline->count > 0 && timeline->pending[0] == time)
        memmove(timeline->pending, timeline->pending + 1, (size_t)--timeline->count * sizeof *timeline->pending);
    timeline->latest = time;
    return timeline->next++;
}
