/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "fields.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavformat/avformat.h>

#include "clip.h"

/* PERIOD: frames from one IDR picture to the next. *_BITS: sizes of the numbers in slice headers. */
enum { PERIOD = 20, FRAME_NUM_BITS = 4, ORDER_BITS = 8, COLUMNS = FIELDS_WIDTH / 16, ROWS = FIELDS_HEIGHT / 16 };

enum { UNIT_SLICE = 1, UNIT_IDR = 5, UNIT_SPS = 7, UNIT_PPS = 8 };

static void need(int ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "fields: %s failed\n", what);
        abort();
    }
}

/* ---- Bits -------------------------------------------------------------------------------------------------------- */

typedef struct bits {
    uint8_t data[1 << 15];
    size_t count;
} bits;

static void put(bits *b, unsigned value, int length) {
    for (int i = length - 1; i >= 0; i--, b->count++) {
        need(b->count / 8 < sizeof b->data, "a unit's size");
        if (b->count % 8 == 0)
            b->data[b->count / 8] = 0;
        b->data[b->count / 8] |= (uint8_t)((value >> i & 1) << (7 - b->count % 8));
    }
}

static void put_ue(bits *b, unsigned value) {
    int length = 0;
    while ((value + 1) >> (length + 1))
        length++;
    put(b, 0, length);
    put(b, value + 1, length + 1);
}

/* Appends the unit with its start code. Inserts 3 after two zeros where they would form a start code. */
static void put_unit(uint8_t *to, size_t *size, int importance, int type, bits *b) {
    static const uint8_t start[] = {0, 0, 0, 1};
    put(b, 1, 1);
    while (b->count % 8)
        put(b, 0, 1);
    memcpy(to + *size, start, sizeof start);
    *size += sizeof start;
    to[(*size)++] = (uint8_t)(importance << 5 | type);
    int zeros = 0;
    for (size_t i = 0; i < b->count / 8; i++) {
        if (zeros == 2 && b->data[i] <= 3) {
            to[(*size)++] = 3;
            zeros = 0;
        }
        to[(*size)++] = b->data[i];
        zeros = b->data[i] ? 0 : zeros + 1;
    }
}

/* ---- Parameter sets (ITU-T H.264 7.3.2) -------------------------------------------------------------------------- */

static size_t make_sets(uint8_t *to) {
    bits b = {0};
    size_t size = 0;
    put(&b, 77, 8); /* Main profile */
    put(&b, 0, 8);
    put(&b, 30, 8);
    put_ue(&b, 0);
    put_ue(&b, FRAME_NUM_BITS - 4);
    put_ue(&b, 0);
    put_ue(&b, ORDER_BITS - 4);
    put_ue(&b, 2); /* reference frames */
    put(&b, 0, 1);
    put_ue(&b, COLUMNS - 1);
    put_ue(&b, ROWS / 2 - 1);
    put(&b, 0, 1); /* frame_mbs_only_flag */
    put(&b, 0, 1);
    put(&b, 1, 1);
    put(&b, 0, 1);
    put(&b, 1, 1); /* VUI */
    put(&b, 0, 4); /* without aspect ratio, overscan, video signal, chroma location, */
    put(&b, 0, 4); /* timing, HRD and pic_struct, */
    put(&b, 1, 1); /* but with bitstream restrictions, for the reordering of frames */
    put(&b, 1, 1);
    put_ue(&b, 0);
    put_ue(&b, 0);
    put_ue(&b, 10);
    put_ue(&b, 10);
    put_ue(&b, 1);
    put_ue(&b, 2);
    put_unit(to, &size, 3, UNIT_SPS, &b);
    b.count = 0;
    put_ue(&b, 0);
    put_ue(&b, 0);
    put(&b, 0, 2); /* CAVLC */
    put_ue(&b, 0);
    put_ue(&b, 0);
    put_ue(&b, 0);
    put(&b, 0, 3);
    put_ue(&b, 0);
    put_ue(&b, 0);
    put_ue(&b, 0);
    put(&b, 4, 3); /* deblocking is set in the slices */
    put_unit(to, &size, 3, UNIT_PPS, &b);
    return size;
}

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

typedef struct picture {
    int number;    /* in display order */
    int frame_num; /* in decoding order */
    int reference;
    int field; /* 0: top; 1: bottom; -1: a frame */
} picture;

static void put_block(bits *b, const uint8_t *plane, int width, int side, int column, int row, int field) {
    const int step = field < 0 ? 1 : 2, first = field < 0 ? 0 : field;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            put(b, plane[((row * side + y) * step + first) * width + column * side + x], 8);
}

/* Writes a picture as one slice of I_PCM macroblocks. */
static void put_picture(uint8_t *to, size_t *size, const picture *p) {
    static uint8_t planes[3][FIELDS_WIDTH * FIELDS_HEIGHT];
    static bits b;
    uint8_t *const pointers[3] = {planes[0], planes[1], planes[2]};
    const int since = p->number % PERIOD, idr = since == 0 && p->field <= 0;
    clip_draw(pointers, FIELDS_WIDTH, FIELDS_HEIGHT, p->number);
    b.count = 0;
    put_ue(&b, 0);
    put_ue(&b, 7); /* slice type I, for all slices of the picture */
    put_ue(&b, 0);
    put(&b, (unsigned)p->frame_num % (1 << FRAME_NUM_BITS), FRAME_NUM_BITS);
    put(&b, p->field >= 0, 1);
    if (p->field >= 0)
        put(&b, (unsigned)p->field, 1);
    if (idr)
        put_ue(&b, (unsigned)p->number / PERIOD % 2);
    put(&b, (unsigned)(2 * since + (p->field > 0)), ORDER_BITS);
    if (p->reference)
        put(&b, 0, idr ? 2 : 1);
    put_ue(&b, 0);
    put_ue(&b, 1); /* no deblocking */
    for (int row = 0; row < (p->field < 0 ? ROWS : ROWS / 2); row++)
        for (int column = 0; column < COLUMNS; column++) {
            put_ue(&b, 25);
            while (b.count % 8)
                put(&b, 0, 1);
            put_block(&b, planes[0], FIELDS_WIDTH, 16, column, row, p->field);
            put_block(&b, planes[1], FIELDS_WIDTH / 2, 8, column, row, p->field);
            put_block(&b, planes[2], FIELDS_WIDTH / 2, 8, column, row, p->field);
        }
    put_unit(to, size, p->reference ? 2 : 0, idr ? UNIT_IDR : UNIT_SLICE, &b);
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

typedef struct writer {
    AVFormatContext *muxer;
    uint8_t sets[256];
    size_t sets_size;
    int position, drop; /* number of packets so far; the one to leave out */
    int64_t decoded;    /* number of fields so far */
} writer;

/* Times are in fields, two per frame. A frame is decoded at most one frame later than in display order. */
static void write_packet(writer *w, const uint8_t *data, size_t size, int64_t shown, int fields, int key) {
    AVPacket *packet = av_packet_alloc();
    need(packet && av_new_packet(packet, (int)size) >= 0, "a packet");
    memcpy(packet->data, data, size);
    packet->pts = shown;
    packet->dts = w->decoded - 2;
    packet->duration = fields;
    packet->flags = key ? AV_PKT_FLAG_KEY : 0;
    av_packet_rescale_ts(packet, (AVRational){1, 50}, w->muxer->streams[0]->time_base);
    w->decoded += fields;
    if (w->position++ != w->drop)
        need(av_write_frame(w->muxer, packet) >= 0, "writing");
    av_packet_free(&packet);
}

static void write_frame(writer *w, fields_kind kind, const picture *frame) {
    static uint8_t data[1 << 16];
    size_t size = 0;
    picture p = *frame;
    const int key = p.number % PERIOD == 0, whole = kind == FIELDS_MIXED && p.number % 3 == 1;
    if (key) {
        memcpy(data, w->sets, w->sets_size);
        size = w->sets_size;
    }
    for (p.field = whole ? -1 : 0; p.field < (whole ? 0 : 2); p.field++) {
        put_picture(data, &size, &p);
        if (kind != FIELDS_TOGETHER && !whole) {
            write_packet(w, data, size, 2 * p.number + p.field, 1, key && p.field == 0);
            size = 0;
        }
    }
    if (size)
        write_packet(w, data, size, 2 * p.number, 2, key);
}

void fields_make(const char *path, fields_kind kind, int frames, int drop) {
    writer w = {.drop = drop};
    need(avformat_alloc_output_context2(&w.muxer, NULL, NULL, path) >= 0, "the container");
    AVStream *const stream = avformat_new_stream(w.muxer, NULL);
    w.sets_size = make_sets(w.sets);
    stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    stream->codecpar->codec_id = AV_CODEC_ID_H264;
    stream->codecpar->width = FIELDS_WIDTH;
    stream->codecpar->height = FIELDS_HEIGHT;
    stream->codecpar->extradata = av_mallocz(w.sets_size + AV_INPUT_BUFFER_PADDING_SIZE);
    memcpy(stream->codecpar->extradata, w.sets, w.sets_size);
    stream->codecpar->extradata_size = (int)w.sets_size;
    stream->time_base = (AVRational){1, 50};
    stream->avg_frame_rate = (AVRational){25, 1};
    need(avio_open(&w.muxer->pb, path, AVIO_FLAG_WRITE) >= 0, "opening");
    need(avformat_write_header(w.muxer, NULL) >= 0, "the header");
    /* Decoding order 0, 2, 1, 4, 3, ...: each odd frame is shown between two that are decoded before it, and is not a
     * reference. The last frame of a period has no pair. */
    int frame_num = 0;
    for (int first = 0; first < frames; first += PERIOD) {
        const int count = frames - first < PERIOD ? frames - first : PERIOD;
        frame_num = 0;
        for (int i = 0; i < count; i += i ? 2 : 1) {
            const int later = i == 0 ? 0 : i + 1 < count ? i + 1 : i;
            picture p = {.number = first + later, .frame_num = frame_num++, .reference = 1};
            write_frame(&w, kind, &p);
            if (later > i) {
                p = (picture){.number = first + i, .frame_num = frame_num};
                write_frame(&w, kind, &p);
            }
        }
    }
    need(av_write_trailer(w.muxer) >= 0, "the trailer");
    avio_closep(&w.muxer->pb);
    avformat_free_context(w.muxer);
}
