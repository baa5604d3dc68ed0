/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/entry.h"

#include <stddef.h>
#include <stdint.h>

/* ITU-T H.264, table 7-1 and annex D.1. */
enum { UNIT_IDR = 5, UNIT_SEI = 6, SEI_RECOVERY_POINT = 6 };

/* Whether an SEI unit holds a recovery point whose picture is complete at once: recovery_frame_cnt, its first field, is
 * 0. That is the Exp-Golomb number whose first bit is set. Messages this short have no emulation prevention bytes
 * before it. */
static int recovers_at_once(const uint8_t *data, size_t size) {
    size_t at = 1;
    while (at + 2 < size) {
        unsigned type = 0, length = 0;
        for (; at < size && data[at] == 0xff; at++)
            type += 255;
        type += at < size ? data[at++] : 0;
        for (; at < size && data[at] == 0xff; at++)
            length += 255;
        length += at < size ? data[at++] : 0;
        if (type == SEI_RECOVERY_POINT)
            return at < size && data[at] & 0x80;
        at += length;
    }
    return 0;
}

static int is_entry(const uint8_t *unit, size_t size) {
    if (size == 0)
        return 0;
    const int type = unit[0] & 0x1f;
    return type == UNIT_IDR || (type == UNIT_SEI && recovers_at_once(unit, size));
}

/* Whether another picture may depend on the unit: pictures and parameter sets say so in two bits (nal_ref_idc). */
static int is_referenced(const uint8_t *unit, size_t size) {
    return size > 0 && unit[0] >> 5 & 3;
}

typedef int unit_test(const uint8_t *unit, size_t size);

/* Whether any unit passes the test. Each unit follows its length, as in MP4 and Matroska. Returns `damaged` if a length
 * exceeds the packet. */
static int among_sized(const uint8_t *data, size_t size, int length_size, unit_test *test, int damaged) {
    size_t at = 0;
    while (at + (size_t)length_size < size) {
        size_t length = 0;
        for (int i = 0; i < length_size; i++)
            length = length << 8 | data[at++];
        if (length > size - at)
            return damaged;
        if (test(data + at, length))
            return 1;
        at += length;
    }
    return 0;
}

/* The same for units after start codes 0 0 1, as in streams (annex B). */
static int among_marked(const uint8_t *data, size_t size, unit_test *test) {
    for (size_t at = 0; at + 3 < size; at++)
        if (data[at] == 0 && data[at + 1] == 0 && data[at + 2] == 1 && test(data + at + 3, size - at - 3))
            return 1;
    return 0;
}

static int among(const AVCodecParameters *codec, const AVPacket *packet, unit_test *test, int damaged) {
    const int sized = codec->extradata_size >= 7 && codec->extradata[0] == 1;
    return sized ? among_sized(packet->data, (size_t)packet->size, (codec->extradata[4] & 3) + 1, test, damaged)
                 : among_marked(packet->data, (size_t)packet->size, test);
}

int lp_entry_is_exact(const AVCodecParameters *codec, const AVPacket *packet) {
    if (!(packet->flags & AV_PKT_FLAG_KEY))
        return 0;
    /* FFmpeg's key frames of other codecs are complete at once. Those of H.264 include recovery points of streams that
     * refresh their picture gradually, which may never become equal to decoding from the start. */
    if (codec->codec_id != AV_CODEC_ID_H264 || packet->size <= 0)
        return 1;
    return among(codec, packet, is_entry, 0);
}

int lp_entry_is_unreferenced(const AVCodecParameters *codec, const AVPacket *packet) {
    if (codec->codec_id != AV_CODEC_ID_H264 || packet->size <= 0 || packet->flags & AV_PKT_FLAG_KEY)
        return 0;
    return !among(codec, packet, is_referenced, 1);
}
