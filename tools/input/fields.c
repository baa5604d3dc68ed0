/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/fields.h"

#include <string.h>

/* NAL units of ITU-T H.264 table 7-1. */
enum { UNIT_SLICE = 1, UNIT_PARTITION_A = 2, UNIT_IDR = 5, UNIT_SPS = 7, UNIT_PPS = 8 };

/* Bytes of a unit that are enough for everything read here: a parameter set with scaling lists has a few hundred. */
enum { MAX_UNIT = 2048, MAX_SLICE_HEAD = 64 };

/* ---- Bits -------------------------------------------------------------------------------------------------------- */

/* Reads past the end give 0. */
typedef struct bits {
    uint8_t data[MAX_UNIT];
    size_t size, at; /* bytes; bits */
} bits;

/* Copies a unit without its first byte and its emulation prevention bytes (7.4.1). */
static void bits_open(bits *b, const uint8_t *unit, size_t size, size_t limit) {
    int zeros = 0;
    b->size = b->at = 0;
    for (size_t i = 1; i < size && b->size < limit; i++) {
        if (zeros >= 2 && unit[i] == 3) {
            zeros = 0;
            continue;
        }
        zeros = unit[i] ? 0 : zeros + 1;
        b->data[b->size++] = unit[i];
    }
}

static uint32_t take(bits *b, int count) {
    uint32_t value = 0;
    for (; count > 0; count--, b->at++)
        value = value << 1 | (b->at / 8 < b->size ? b->data[b->at / 8] >> (7 - b->at % 8) & 1u : 0);
    return value;
}

/* An Exp-Golomb number (9.1). */
static uint32_t take_ue(bits *b) {
    int zeros = 0;
    while (zeros < 32 && b->at / 8 < b->size && !take(b, 1))
        zeros++;
    return zeros > 31 ? 0 : (1u << zeros) - 1 + take(b, zeros);
}

static int32_t take_se(bits *b) {
    const uint32_t code = take_ue(b);
    return code & 1 ? (int32_t)(code / 2 + 1) : -(int32_t)(code / 2);
}

/* ---- Parameter sets ---------------------------------------------------------------------------------------------- */

static void skip_scaling_list(bits *b, int size) {
    int last = 8, next = 8;
    for (int i = 0; i < size; i++) {
        if (next)
            next = (last + take_se(b) + 256) & 255;
        last = next ? next : last;
    }
}

/* Reads the additional fields of profiles beyond 8-bit 4:2:0. Returns separate_colour_plane_flag. */
static int take_high_profile(bits *b) {
    const uint32_t chroma = take_ue(b);
    const int planes = chroma == 3 ? (int)take(b, 1) : 0;
    take_ue(b);
    take_ue(b);
    take(b, 1);
    if (take(b, 1))
        for (int i = 0; i < (chroma == 3 ? 12 : 8); i++)
            if (take(b, 1))
                skip_scaling_list(b, i < 6 ? 16 : 64);
    return planes;
}

/* 7.3.2.1.1, as far as frame_mbs_only_flag. */
static void read_sps(lp_fields *fields, bits *b) {
    static const uint8_t high[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
    const uint32_t profile = take(b, 8);
    take(b, 16);
    const uint32_t id = take_ue(b);
    const int planes = memchr(high, (int)profile, sizeof high) ? take_high_profile(b) : 0;
    const uint32_t frame_num_bits = take_ue(b) + 4, order_type = take_ue(b);
    if (order_type == 0) {
        take_ue(b);
    } else if (order_type == 1) {
        take(b, 1);
        take_se(b);
        take_se(b);
        for (uint32_t i = take_ue(b); i > 0 && b->at / 8 < b->size; i--)
            take_se(b);
    }
    take_ue(b);
    take(b, 1);
    take_ue(b);
    take_ue(b);
    if (id >= LP_FIELDS_SPS || frame_num_bits > 16 || b->at / 8 >= b->size)
        return;
    const int may_be_fields = !take(b, 1);
    fields->sps[id].valid = 1;
    fields->sps[id].may_be_fields = (uint8_t)may_be_fields;
    fields->sps[id].planes = (uint8_t)planes;
    fields->sps[id].frame_num_bits = (uint8_t)frame_num_bits;
    fields->has_fields |= may_be_fields;
}

static void read_pps(lp_fields *fields, bits *b) {
    const uint32_t id = take_ue(b), sps = take_ue(b);
    if (id >= LP_FIELDS_PPS || sps >= LP_FIELDS_SPS)
        return;
    fields->pps[id].valid = 1;
    fields->pps[id].sps = (uint8_t)sps;
}

/* ---- Slices ------------------------------------------------------------------------------------------------------ */

typedef struct reader {
    lp_fields *fields;
    bits bits;
    int begun, second,
        done; /* of the packet: a slice was read; the first slice is of a second field; the rest is irrelevant */
} reader;

/* The head of a slice (7.3.3). Further slices of a field change nothing. */
static void read_slice(reader *r) {
    lp_fields *const fields = r->fields;
    bits *const b = &r->bits;
    take_ue(b);
    take_ue(b);
    const uint32_t id = take_ue(b);
    const int sps = id < LP_FIELDS_PPS && fields->pps[id].valid ? fields->pps[id].sps : -1;
    if (sps < 0 || !fields->sps[sps].valid || !fields->sps[sps].may_be_fields) {
        fields->unpaired = 0;
        r->done = 1;
        return;
    }
    if (fields->sps[sps].planes)
        take(b, 2);
    const uint32_t frame_num = take(b, fields->sps[sps].frame_num_bits);
    const int is_field = (int)take(b, 1), bottom = is_field && take(b, 1), same = fields->frame_num == frame_num;
    if (!is_field) {
        fields->unpaired = 0;
        r->done = 1;
    } else if (!r->begun || !same || fields->bottom != bottom) {
        const int second = fields->unpaired && same && fields->bottom != bottom;
        r->second |= second && !r->begun;
        fields->unpaired = !second;
        fields->bottom = bottom;
        fields->frame_num = frame_num;
    }
    r->begun = 1;
}

static void read_unit(reader *r, const uint8_t *unit, size_t size) {
    if (size < 2)
        return;
    const int type = unit[0] & 0x1f;
    if (type == UNIT_SPS || type == UNIT_PPS) {
        bits_open(&r->bits, unit, size, MAX_UNIT);
        if (type == UNIT_SPS)
            read_sps(r->fields, &r->bits);
        else
            read_pps(r->fields, &r->bits);
    } else if (type == UNIT_SLICE || type == UNIT_PARTITION_A || type == UNIT_IDR) {
        bits_open(&r->bits, unit, size, MAX_SLICE_HEAD);
        read_slice(r);
    }
}

static void read_sized(reader *r, const uint8_t *data, size_t size, size_t length_size) {
    for (size_t at = 0; at + length_size < size && !r->done;) {
        size_t length = 0;
        for (size_t i = 0; i < length_size; i++)
            length = length << 8 | data[at++];
        if (length > size - at)
            length = size - at;
        read_unit(r, data + at, length);
        at += length;
    }
}

static void read_marked(reader *r, const uint8_t *data, size_t size) {
    const uint8_t *const end = data + size, *unit = NULL;
    for (const uint8_t *at = data; at + 3 <= end && !r->done;) {
        const uint8_t *const one = memchr(at + 2, 1, (size_t)(end - at) - 2);
        if (!one)
            break;
        if (!one[-1] && !one[-2]) {
            if (unit)
                read_unit(r, unit, (size_t)(one - 2 - unit));
            unit = one + 1;
        }
        at = one - 1;
    }
    if (unit && !r->done)
        read_unit(r, unit, (size_t)(end - unit));
}

/* ---- A video ----------------------------------------------------------------------------------------------------- */

/* The parameter sets of MP4 and Matroska (ISO/IEC 14496-15 5.3.3.1). */
static void read_avcc(reader *r, const uint8_t *data, size_t size) {
    size_t at = 5;
    for (int kind = 0; kind < 2 && at < size; kind++) {
        for (int count = data[at++] & (kind ? 0xff : 0x1f); count > 0 && at + 2 <= size; count--) {
            size_t length = (size_t)data[at] << 8 | data[at + 1];
            at += 2;
            length = length < size - at ? length : size - at;
            read_unit(r, data + at, length);
            at += length;
        }
    }
}

void lp_fields_start(lp_fields *fields, const AVCodecParameters *codec) {
    *fields = (lp_fields){0};
    if (codec->codec_id != AV_CODEC_ID_H264 || codec->extradata_size < 7)
        return;
    reader r = {.fields = fields};
    const size_t size = (size_t)codec->extradata_size;
    if (codec->extradata[0] == 1) {
        fields->length_size = (codec->extradata[4] & 3) + 1;
        read_avcc(&r, codec->extradata, size);
    } else {
        read_marked(&r, codec->extradata, size);
    }
}

int lp_fields_is_second(lp_fields *fields, const AVCodecParameters *codec, const AVPacket *packet) {
    if (codec->codec_id != AV_CODEC_ID_H264 || packet->size <= 0)
        return 0;
    /* In MP4 and Matroska, the header holds the parameter sets: if none allows fields, there are none. */
    if (fields->length_size && !fields->has_fields)
        return 0;
    reader r = {.fields = fields};
    if (fields->length_size)
        read_sized(&r, packet->data, (size_t)packet->size, (size_t)fields->length_size);
    else
        read_marked(&r, packet->data, (size_t)packet->size);
    return r.second;
}
