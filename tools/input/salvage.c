/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/salvage.h"

#include <string.h>

static size_t big(const uint8_t *data, int count) {
    size_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | data[i];
    return value;
}

static size_t little(const uint8_t *data, int count) {
    size_t value = 0;
    for (int i = 0; i < count; i++)
        value |= (size_t)data[i] << 8 * i;
    return value;
}

/* Compacts a file part by part: the parts kept so far end at `to`, the next part begins at `from`. */
typedef struct closing {
    uint8_t *data;
    size_t size, from, to;
} closing;

static void pass(closing *c, size_t length, int keep) {
    if (keep) {
        memmove(c->data + c->to, c->data + c->from, length);
        c->to += length;
    }
    c->from += length;
}

/* Keeps the rest. Returns the new size. */
static size_t close_up(closing *c) {
    pass(c, c->size - c->from, 1);
    return c->to;
}

/* Removes comments and APP1 to APP15 before the first scan, except APP14, which holds Adobe's colour transform. */
static size_t strip_jpeg(uint8_t *data, size_t size) {
    closing c = {data, size, 2, 2};
    while (c.from + 4 <= size && data[c.from] == 0xff) {
        const unsigned code = data[c.from + 1];
        if (code == 0xff) {
            c.from++;
            continue;
        }
        const size_t length = 2 + big(data + c.from + 2, 2);
        if (code == 0xda || code < 0xc0 || length > size - c.from)
            break;
        pass(&c, length, code != 0xfe && (code < 0xe1 || code > 0xef || code == 0xee));
    }
    return close_up(&c);
}

/* Removes ancillary chunks, whose first letter is lower-case, except transparency, which the decoder needs. */
static size_t strip_png(uint8_t *data, size_t size) {
    closing c = {data, size, 8, 8};
    while (c.from + 12 <= size && big(data + c.from, 4) <= size - c.from - 12) {
        const uint8_t *const name = data + c.from + 4;
        pass(&c, 12 + big(data + c.from, 4), !(*name & 0x20) || !memcmp(name, "tRNS", 4));
    }
    return close_up(&c);
}

/* The bitstream in the first ANMF chunk, after its 16 bytes of position and duration, becomes the file's only chunk. */
static size_t first_of_webp(uint8_t *data, size_t size) {
    for (size_t at = 12; at + 24 <= size;) {
        const int frame = !memcmp(data + at, "ANMF", 4);
        const size_t length = little(data + at + 4, 4);
        if (!memcmp(data + at, "VP8 ", 4) || !memcmp(data + at, "VP8L", 4)) {
            if (at == 12 || length > size - at - 8)
                return size;
            memmove(data + 12, data + at, length + 8);
            const size_t rest = 4 + 8 + length;
            for (int i = 0; i < 4; i++)
                data[4 + i] = (uint8_t)(rest >> 8 * i);
            return rest + 8;
        }
        if (!frame && length > size - at - 8)
            break;
        at += 8 + (frame ? 16 : length + (length & 1));
    }
    return size;
}

size_t lp_salvage(lp_input_picture_kind kind, uint8_t *data, size_t size) {
    switch (kind) {
    case LP_PICTURE_JPEG:
        return size > 2 ? strip_jpeg(data, size) : size;
    case LP_PICTURE_PNG:
        return size > 8 ? strip_png(data, size) : size;
    case LP_PICTURE_WEBP:
        return first_of_webp(data, size);
    default:
        return size;
    }
}
