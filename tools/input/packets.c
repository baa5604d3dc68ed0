/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/packets.h"

#include <stdlib.h>

#include "input/entry.h"
#include "input/timeline.h"

/* A pair in `keys`. */
enum { KEY_SHOWN, KEY_DECODED, KEY_FIELDS };

void lp_packets_free(lp_packets *packets) {
    free(packets->shown);
    free(packets->keys);
    *packets = (lp_packets){0};
}

static int append(int64_t **list, size_t *count, size_t *capacity, int64_t value) {
    if (*count == *capacity) {
        const size_t larger = *capacity ? 2 * *capacity : 4096;
        int64_t *const grown = realloc(*list, larger * sizeof *grown);
        if (!grown)
            return 0;
        *list = grown;
        *capacity = larger;
    }
    (*list)[(*count)++] = value;
    return 1;
}

static int ascending(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int add(lp_packets *packets, const AVCodecParameters *codec, const AVPacket *packet) {
    int ok = append(&packets->shown, &packets->count, &packets->capacity, packet->pts);
    if (ok && lp_entry_is_exact(codec, packet)) {
        const int64_t decoded = packet->dts == AV_NOPTS_VALUE ? packet->pts : packet->dts;
        ok = append(&packets->keys, &packets->key_count, &packets->key_capacity, packet->pts) &&
             append(&packets->keys, &packets->key_count, &packets->key_capacity, decoded);
    }
    return ok ? 1 : -1;
}

/* Frame n is the n-th time only if no time occurs twice and the times of key frames ascend. */
static int is_sound(const lp_packets *packets) {
    for (size_t i = 1; i < packets->count; i++)
        if (packets->shown[i] == packets->shown[i - 1])
            return 0;
    for (size_t i = KEY_FIELDS; i < packets->key_count; i += KEY_FIELDS)
        if (packets->keys[i + KEY_SHOWN] <= packets->keys[i + KEY_SHOWN - KEY_FIELDS])
            return 0;
    return packets->key_count > 0;
}

int lp_packets_scan(lp_packets *packets, lp_demux *demux) {
    AVPacket *packet = av_packet_alloc();
    lp_timeline timeline;
    int code = 0, result = packet ? 1 : -1;
    const AVStream *const stream = demux->stream;
    lp_timeline_start(&timeline, 1, 0, stream->codecpar, stream->time_base, lp_demux_has_decoding_times(demux));
    while (result > 0 && (code = lp_demux_read(demux, packet)) >= 0) {
        const int counts = lp_timeline_counts(&timeline, stream->codecpar, packet);
        if (counts)
            result = packet->pts == AV_NOPTS_VALUE || timeline.stretch ? 0 : add(packets, stream->codecpar, packet);
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    if (result > 0 && code != AVERROR_EOF) /* there are more frames, which are not counted */
        result = 0;
    if (result > 0) {
        if (packets->count > 0) /* qsort takes no NULL */
            qsort(packets->shown, packets->count, sizeof *packets->shown, ascending);
        result = is_sound(packets);
    }
    return result;
}

/* Seeks to key frame `key` and reads its packet. */
static int enter_at(const lp_packets *packets, lp_demux *demux, size_t key, AVPacket *packet) {
    const int64_t *const wanted = packets->keys + key * KEY_FIELDS;
    if (av_seek_frame(demux->format, demux->stream->index, wanted[KEY_DECODED], AVSEEK_FLAG_BACKWARD) < 0)
        return 0;
    while (lp_demux_read(demux, packet) >= 0) {
        const int is_key = packet->flags & AV_PKT_FLAG_KEY && packet->pts != AV_NOPTS_VALUE;
        if (is_key && packet->pts == wanted[KEY_SHOWN])
            return 1;
        const int beyond = is_key && packet->pts > wanted[KEY_SHOWN];
        av_packet_unref(packet);
        if (beyond)
            return 0;
    }
    return 0;
}

int lp_packets_enter(const lp_packets *packets, lp_demux *demux, int64_t index, AVPacket *packet, int64_t *number) {
    const int64_t time = packets->shown[index];
    size_t key = packets->key_count / KEY_FIELDS - 1;
    while (key > 0 && packets->keys[key * KEY_FIELDS + KEY_SHOWN] > time)
        key--;
    /* If the demuxer misses a key frame, it may find an earlier one. */
    for (size_t back = 0; back <= 64; back = 4 * back + 1) {
        const size_t at = key > back ? key - back : 0;
        if (enter_at(packets, demux, at, packet)) {
            const int64_t *const found = bsearch(packets->keys + at * KEY_FIELDS + KEY_SHOWN, packets->shown,
                                                 packets->count, sizeof *packets->shown, ascending);
            *number = found - packets->shown;
            return 1;
        }
    }
    return 0;
}
