/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include <string.h>

#include "net/safetensors.h"

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* float16: sign, 5 bits of exponent (bias 15), 10 of mantissa. Subnormals are mantissa x 2^-24. */
static float from_half(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 0x3ff;

    if (exponent == 0)
        return sign ? -(float)mantissa * 0x1p-24f : (float)mantissa * 0x1p-24f;
    if (exponent == 31)
        return from_bits(sign | 0x7f800000 | mantissa << 13);
    return from_bits(sign | (exponent + 112) << 23 | mantissa << 13);
}

void lp_tensor_read(const lp_tensor *tensor, float *out) {
    uint16_t bits;

    switch (tensor->dtype) {
    case LP_DTYPE_F32:
        memcpy(out, tensor->data, tensor->count * sizeof *out);
        break;
    case LP_DTYPE_F16:
        for (size_t i = 0; i < tensor->count; i++) {
            memcpy(&bits, tensor->data + 2 * i, sizeof bits);
            out[i] = from_half(bits);
        }
        break;
    case LP_DTYPE_BF16:
        for (size_t i = 0; i < tensor->count; i++) {
            memcpy(&bits, tensor->data + 2 * i, sizeof bits);
            out[i] = from_bits((uint32_t)bits << 16);
        }
        break;
    case LP_DTYPE_I8:
        for (size_t i = 0; i < tensor->count; i++)
            out[i] = (int8_t)tensor->data[i];
        break;
    }
}

/* NaN and infinity are the values whose exponent bits are all set. Counts them first and searches only if there are
 * any: the loop without an exit is several times faster, and bad values are very rare among millions. */
static int64_t first_with_exponent32(const unsigned char *data, size_t count) {
    size_t found = 0;
    uint32_t bits;

    for (size_t i = 0; i < count; i++) {
        memcpy(&bits, data + 4 * i, sizeof bits);
        found += (bits & 0x7f800000) == 0x7f800000;
    }
    for (size_t i = 0; found && i < count; i++) {
        memcpy(&bits, data + 4 * i, sizeof bits);
        if ((bits & 0x7f800000) == 0x7f800000)
            return (int64_t)i;
    }
    return -1;
}

static int64_t first_with_exponent16(const unsigned char *data, size_t count, uint16_t exponent) {
    size_t found = 0;
    uint16_t bits;

    for (size_t i = 0; i < count; i++) {
        memcpy(&bits, data + 2 * i, sizeof bits);
        found += (bits & exponent) == exponent;
    }
    for (size_t i = 0; found && i < count; i++) {
        memcpy(&bits, data + 2 * i, sizeof bits);
        if ((bits & exponent) == exponent)
            return (int64_t)i;
    }
    return -1;
}

int64_t lp_tensor_first_not_finite(const lp_tensor *tensor) {
    switch (tensor->dtype) {
    case LP_DTYPE_F32:
        return first_with_exponent32(tensor->data, tensor->count);
    case LP_DTYPE_F16:
        return first_with_exponent16(tensor->data, tensor->count, 0x7c00);
    case LP_DTYPE_BF16:
        return first_with_exponent16(tensor->data, tensor->count, 0x7f80);
    case LP_DTYPE_I8:
        break;
    }
    return -1;
}
