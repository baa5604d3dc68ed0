/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "synthetic.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double input_scale = 0.00390625;

/* A growing buffer of bytes or text. After a failed allocation it stays NULL, and appending does nothing. */
typedef struct buffer {
    unsigned char *bytes;
    size_t size, capacity;
    int failed;
} buffer;

static void append(buffer *to, const void *bytes, size_t size) {
    if (to->size + size > to->capacity && !to->failed) {
        to->capacity = 2 * (to->capacity + size);
        unsigned char *const bigger = realloc(to->bytes, to->capacity);
        to->failed = !bigger;
        to->bytes = bigger ? bigger : to->bytes;
    }
    if (to->failed)
        return;
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

__attribute__((format(printf, 2, 3))) static void print(buffer *to, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    append(to, text, (size_t)length);
}

/* xorshift: uniform from -1 to 1. */
static float uniform(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return (float)((double)*state / 0x80000000u - 1);
}

/* Truncates. The values are small and normal, so the only special case is those that become zero. */
static uint16_t to_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const int exponent = (int)(bits >> 23 & 0xff) - 112;
    const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    return exponent <= 0 ? sign : (uint16_t)(sign | exponent << 10 | (bits >> 13 & 0x3ff));
}

static void append_value(buffer *data, lp_dtype dtype, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t half = dtype == LP_DTYPE_F16 ? to_half(value) : (uint16_t)(bits >> 16);
    const int8_t whole = (int8_t)lrintf(value);

    if (dtype == LP_DTYPE_F32)
        append(data, &value, sizeof value);
    else if (dtype == LP_DTYPE_I8)
        append(data, &whole, sizeof whole);
    else
        append(data, &half, sizeof half);
}

/* Appends a tensor of values within `bound` of `centre`, or all `centre` if `bound` is 0. */
static void append_tensor(buffer *header, buffer *data, const lp_layer *layer, const char *part, lp_dtype dtype,
                          float centre, float bound, uint32_t *state) {
    const int is_weight = strcmp(part, "weight") == 0, in = layer->kind == LP_DEPTHWISE ? 1 : layer->in;
    const int count = layer->out * (is_weight ? in * layer->kernel * layer->kernel : 1);
    const size_t begin = data->size;

    for (int i = 0; i < count; i++)
        append_value(data, dtype, centre + bound * uniform(state));
    print(header, ",\"%s.%s\":{\"dtype\":\"%s\",\"shape\":[%d", layer->name, part, lp_dtype_name(dtype), layer->out);
    if (is_weight)
        print(header, ",%d,%d,%d", in, layer->kernel, layer->kernel);
    print(header, "],\"data_offsets\":[%zu,%zu]}", begin, data->size);
}

static void append_layer(buffer *header, buffer *data, const lp_layer *layer, lp_dtype dtype, uint32_t *state) {
    const int fan_in = (layer->kind == LP_DEPTHWISE ? 1 : layer->in) * layer->kernel * layer->kernel;
    const float bound = sqrtf(6.0F / (float)fan_in); /* keeps the variance through a ReLU */

    if (dtype == LP_DTYPE_I8) {
        append_tensor(header, data, layer, "weight", dtype, 0, 127, state);
        append_tensor(header, data, layer, "scale", LP_DTYPE_F32, bound / 127, bound / 512, state);
    } else
        append_tensor(header, data, layer, "weight", dtype, 0, bound, state);
    append_tensor(header, data, layer, "bias", dtype == LP_DTYPE_I8 ? LP_DTYPE_F32 : dtype, 0, 0.0625F, state);
}

/* ---- Ranges ------------------------------------------------------------------------------------------------------ */

static void print_end(buffer *text, double value, int count) {
    print(text, count > 1 ? "[" : "");
    for (int i = 0; i < count; i++)
        print(text, "%s%.9g", i ? "," : "", value * (1 + i % 4 * 0.25));
    print(text, count > 1 ? "]" : "");
}

static void print_range(buffer *text, const char *name, double low, double high, int count) {
    print(text, ",\\\"%s\\\":[", name);
    print_end(text, low, count);
    print(text, ",");
    print_end(text, high, count);
    print(text, "]");
}

/* Prints activation_ranges with escaped quotes, as in the header. */
static void print_ranges(buffer *text, const lp_layer *layers, int count) {
    print(text, ",\"activation_ranges\":\"{\\\"data\\\":[%.9g,%.9g]", -128 * input_scale, 127 * input_scale);
    for (int i = 0; i < count; i++) {
        const lp_layer *const layer = &layers[i];
        int channels = 1;
        for (int reader = i + 1; reader < count; reader++)
            if (layers[reader].kind == LP_DEPTHWISE && strcmp(layers[reader].from, layer->name) == 0)
                channels = layer->out;
        if (layer->kind == LP_CONCAT || strcmp(layer->name, lp_arch_heatmaps(2)) == 0 ||
            strcmp(layer->name, lp_arch_pafs(2)) == 0)
            continue;
        const double low = layer->activation == LP_RELU ? 0 : layer->activation == LP_ELU ? -1 : -4;
        print_range(text, layer->name, low, 4, channels);
        if (layer->sum)
            print_range(text, layer->sum, 2 * low, 8, 1);
    }
    print(text, "}\"");
}

unsigned char *synthetic_weights(lp_variant variant, lp_dtype dtype, int with_ranges, unsigned seed, size_t *size) {
    buffer header = {0}, data = {0};
    lp_layer layers[LP_MAX_LAYERS];
    const int count = lp_arch_layers(variant, layers);
    uint32_t state = seed * 2654435761u + 1;

    for (int i = 0; i < 8; i++) /* discard the first numbers, which are small for a small seed */
        uniform(&state);
    append(&header, "\0\0\0\0\0\0\0\0", 8);
    print(&header, "{\"__metadata__\":{\"format_version\":\"1\",\"variant\":\"%s\",\"source\":\"synthetic, seed %u\",",
          lp_variant_name(variant), seed);
    print(&header, "\"licence\":\"CC0-1.0\",\"input_scale\":\"%.9g\"", input_scale);
    if (with_ranges)
        print_ranges(&header, layers, count);
    print(&header, "}");
    for (int i = 0; i < count; i++)
        if (layers[i].kind != LP_CONCAT)
            append_layer(&header, &data, &layers[i], dtype, &state);
    print(&header, "}");
    while (header.size % 64)
        print(&header, " ");

    const uint64_t length = header.size - 8;
    if (!header.failed)
        memcpy(header.bytes, &length, sizeof length);
    append(&header, data.bytes, data.size);
    const int failed = header.failed || data.failed;
    free(data.bytes);
    *size = header.size;
    if (failed) {
        free(header.bytes);
        return NULL;
    }
    return header.bytes;
}
