/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/element.h"

#include <string.h>

enum { MIDDLE = 128 };

size_t lp_element_size(lp_element element) {
    switch (element) {
    case LP_U8:
    case LP_S8:
        return 1;
    case LP_BF16:
        return 2;
    case LP_F32:
        break;
    }
    return 4;
}

static void to_s8(const uint8_t *restrict levels, size_t count, int8_t *restrict out) {
    for (size_t i = 0; i < count; i++)
        out[i] = (int8_t)(levels[i] - MIDDLE);
}

/* bfloat16 is the upper half of a float32. The lower half is zero here: magnitudes up to 128 need 8 bits. */
static void to_bf16(const uint8_t *restrict levels, size_t count, uint16_t *restrict out) {
    for (size_t i = 0; i < count; i++) {
        const float value = (float)(levels[i] - MIDDLE);
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        out[i] = (uint16_t)(bits >> 16);
    }
}

static void to_f32(const uint8_t *restrict levels, size_t count, float *restrict out) {
    for (size_t i = 0; i < count; i++)
        out[i] = (float)(levels[i] - MIDDLE);
}

void lp_element_convert(lp_element element, const uint8_t *levels, size_t count, void *out) {
    switch (element) {
    case LP_U8:
        memcpy(out, levels, count);
        break;
    case LP_S8:
        to_s8(levels, count, out);
        break;
    case LP_BF16:
        to_bf16(levels, count, out);
        break;
    case LP_F32:
        to_f32(levels, count, out);
        break;
    }
}

void lp_element_pad(lp_element element, size_t count, void *out) {
    /* A zero of every type is zero bytes. */
    memset(out, element == LP_U8 ? MIDDLE : 0, count * lp_element_size(element));
}
