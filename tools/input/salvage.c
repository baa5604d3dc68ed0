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

/* Comments and APP1 to APP15 before the first scan, but for APP14, in which Adobe says what the colours are. */
static size_t strip_jpeg(uint8_t *data, size_t size) {
    size_t from = 2, to = 2;
    while (from + 4 <= size && data[from] == 0xff) {
        const unsigned code = data[from + 1];
        if (code == 0xff) {
            from++;
            continue;
        }
        const size_t length = 2 + big(data + from + 2, 2);
        if (code == 0xda || code < 0xc0 || length > size - from)
            break;
        if (code != 0xfe && (code < 0xe1 || code > 0xef || code == 0xee)) {
            memmove(data + to, data + from, length);
            to += length;
        }
        from += length;
    }
    memmove(data + to, data + from, size - from);
    return to + size - from;
}

/* Ancillary chunks have a small first letter; of them transparency alone is the decoder's. */
static size_t strip_png(uint8_t *data, size_t size) {
    size_t from = 8, to = 8;
    while (from + 12 <= size && big(data + from, 4) <= size - from - 12) {
        const size_t length = 12 + big(data + from, 4);
        if (!(data[from + 4] & 0x20) || !memcmp(data + from + 4, "tRNS", 4)) {
            memmove(data + to, data + from, length);
            to += length;
        }
        from += length;
    }
    memmove(data + to, data + from, size - from);
    return to + size - from;
}

/* The bitstream in the first ANMF chunk, behind its 16 bytes of place and time, becomes the file's only chunk. */
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
        return strip_jpeg(data, size);
    case LP_PICTURE_PNG:
        return size > 8 ? strip_png(data, size) : size;
    case LP_PICTURE_WEBP:
        return first_of_webp(data, size);
    default:
        return size;
    }
}
