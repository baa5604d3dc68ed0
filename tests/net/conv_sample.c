/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "conv_sample.h"

#include "check.h"

#include <math.h>

enum { GUARD = 64 };

static uint32_t state = 1;

int conv_chance(int below) {
    state = state * 1664525u + 1013904223u;
    return (int)((uint64_t)state * (uint64_t)below >> 32);
}

static size_t element_bytes(lp_element element) {
    return element == LP_F32 ? 4 : element == LP_BF16 ? 2 : 1;
}

static float from_bf16(uint16_t bits) {
    const uint32_t all = (uint32_t)bits << 16;
    float value;

    memcpy(&value, &all, sizeof value);
    return value;
}

/* To the nearest, halves to even; not for NaN. */
static uint16_t to_bf16(float value) {
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/* ---- Samples ----------------------------------------------------------------------------------------------------- */

static void choose_shape(conv_sample *s, const conv_limits *limits) {
    lp_conv_spec *const spec = &s->spec;

    *spec = (lp_conv_spec){.name = "sample",
                           .src = limits->src,
                           .in = limits->in_step * (1 + conv_chance(limits->most_in / limits->in_step)),
                           .out = 1 + conv_chance(limits->most_out),
                           .kernel = limits->kernel == 3 && conv_chance(3) ? 3 : 1,
                           .stride = 1 + conv_chance(limits->stride),
                           .dilation = 1 + conv_chance(2),
                           .activation = (lp_activation)conv_chance(3)};
    if (spec->kernel == 1 || spec->stride == 2)
        spec->dilation = 1;
    const int reach = spec->dilation * (spec->kernel - 1);
    spec->height = 1 + conv_chance(12);
    spec->width = 1 + conv_chance(limits->most_cells / spec->height);
    for (int i = 0; i < 4; i++) /* as the network has it, or of chance; always something to compute */
        spec->pad[i] = spec->stride == 2 && i >= 2 ? 0 : reach / 2;
    if (conv_chance(4) == 0)
        for (int i = 0; i < 4; i++)
            spec->pad[i] = conv_chance(reach + 1);
    for (int i = 0; i < 2; i++)
        while ((i ? spec->width : spec->height) + spec->pad[i] + spec->pad[i + 2] <= reach)
            spec->pad[i]++;
}

/* What follows the sums, which are about as large as `unit`; the numbers keep most results inside a byte. */
static void choose_numbers(conv_sample *s, double unit) {
    lp_conv_spec *const spec = &s->spec;
    const int plain = conv_chance(3) == 0, bytes = spec->src == LP_U8;

    s->scales = calloc((size_t)spec->out, sizeof(float));
    s->bias = calloc((size_t)spec->out, sizeof(float));
    s->gains = calloc((size_t)spec->out, sizeof(float));
    assert_true(s->scales && s->bias && s->gains);
    const float size = spec->activation == LP_ELU || !bytes ? 1 : 100;
    for (int o = 0; o < spec->out; o++) {
        s->scales[o] = bytes ? size * (float)(1 + conv_chance(1000)) / (float)(500 * unit) : 1;
        s->bias[o] = size * ((float)conv_chance(400) - 200) / 100;
        s->gains[o] = bytes ? (float)(1 + conv_chance(60)) : 1 + (float)conv_chance(100) / 50;
    }
    spec->scales = bytes && conv_chance(20) ? s->scales : NULL;
    spec->gain = 1;
    s->adds = 0;
    if (plain)
        return;
    spec->gain = conv_chance(2) ? 1 : spec->activation == LP_ELU ? 40 : 1.5F;
    spec->gains = conv_chance(2) ? s->gains : NULL;
    spec->shift = (float)conv_chance(129);
    s->adds = conv_chance(3);
    spec->sum = s->adds ? 0.75F : 0;
}

static void fill_bytes(conv_sample *s, size_t cells, size_t weights) {
    const int loud = conv_chance(4) == 0; /* the greatest values there are */
    int8_t *const w = malloc(weights);

    s->weights = w;
    assert_non_null(w);
    for (size_t i = 0; i < cells * (size_t)s->spec.in; i++)
        s->source.data[i] = (uint8_t)(loud && conv_chance(3) ? 255 : conv_chance(256));
    for (size_t i = 0; i < weights; i++)
        w[i] = (int8_t)(loud ? (conv_chance(3) ? 127 : -128) : conv_chance(256) - 128);
}

static void fill_bf16(conv_sample *s, size_t cells, size_t weights) {
    float *const w = malloc(weights * sizeof *w);

    s->weights = w;
    assert_non_null(w);
    for (size_t i = 0; i < cells * (size_t)s->spec.in; i++)
        ((uint16_t *)(void *)s->source.data)[i] = to_bf16((float)(conv_chance(2001) - 700) / 500);
    for (size_t i = 0; i < weights; i++)
        w[i] = from_bf16(to_bf16((float)(conv_chance(2001) - 1000) / 5000));
}

void conv_sample_make(conv_sample *s, const conv_limits *limits) {
    *s = (conv_sample){0};
    choose_shape(s, limits);
    lp_conv_spec *const spec = &s->spec;
    const size_t cells = (size_t)(spec->height * spec->width), bytes = element_bytes(spec->src);
    const size_t each = (size_t)(spec->in * spec->kernel * spec->kernel);

    spec->dst = conv_chance(3) ? spec->src : LP_F32;
    s->element = element_bytes(spec->dst);
    s->height = lp_conv_out_height(spec);
    s->width = lp_conv_out_width(spec);
    choose_numbers(s, 128 * 74 * sqrt((double)each) * 2);
    s->source = guarded_alloc(cells * (size_t)spec->in * bytes, conv_chance(2));
    s->added = guarded_alloc(conv_sample_bytes(s), conv_chance(2));
    assert_true(s->source.data && s->added.data);
    if (spec->src == LP_U8)
        fill_bytes(s, cells, (size_t)spec->out * each);
    else
        fill_bf16(s, cells, (size_t)spec->out * each);
    memset(s->added.data, 0xA5, conv_sample_bytes(s));
    for (size_t i = 0; s->adds && i < conv_sample_bytes(s) / s->element; i++) {
        const float value = (float)conv_chance(256);
        if (spec->dst == LP_F32)
            memcpy(s->added.data + 4 * i, &value, 4);
        else if (spec->dst == LP_BF16)
            ((uint16_t *)(void *)s->added.data)[i] = to_bf16(value);
        else
            s->added.data[i] = (uint8_t)value;
    }
    s->layer = (lp_op_layer){.spec = spec, .bias = s->bias, .zero = (uint8_t)conv_chance(256)};
}

void conv_sample_free(conv_sample *s) {
    guarded_free(&s->source);
    guarded_free(&s->added);
    free(s->weights);
    free(s->scales);
    free(s->bias);
    free(s->gains);
}

size_t conv_sample_bytes(const conv_sample *s) {
    return (size_t)(s->height * s->width * s->spec.out) * s->element;
}

/* ---- Plain loops ------------------------------------------------------------------------------------------------- */

static double source_value(const conv_sample *s, int y, int x, int c) {
    const lp_conv_spec *const spec = &s->spec;
    const int inside = y >= 0 && y < spec->height && x >= 0 && x < spec->width;
    const size_t at = inside ? (size_t)((y * spec->width + x) * spec->in + c) : 0;

    if (spec->src == LP_U8)
        return inside ? s->source.data[at] : s->layer.zero;
    return inside ? from_bf16(((const uint16_t *)(const void *)s->source.data)[at]) : 0;
}

double conv_sample_value(const conv_sample *s, const void *target, size_t at) {
    if (s->spec.dst == LP_F32)
        return ((const float *)target)[at];
    return s->spec.dst == LP_BF16 ? from_bf16(((const uint16_t *)target)[at]) : ((const uint8_t *)target)[at];
}

double conv_sample_exact(const conv_sample *s, int cell, int out) {
    const lp_conv_spec *const spec = &s->spec;
    const int area = spec->kernel * spec->kernel;
    double value = 0;

    for (int tap = 0; tap < area; tap++) {
        const int y = cell / s->width * spec->stride - spec->pad[0] + tap / spec->kernel * spec->dilation;
        const int x = cell % s->width * spec->stride - spec->pad[1] + tap % spec->kernel * spec->dilation;
        for (int c = 0; c < spec->in; c++) {
            const size_t at = (size_t)((out * spec->in + c) * area + tap);
            value += source_value(s, y, x, c) *
                     (spec->src == LP_U8 ? ((const int8_t *)s->weights)[at] : ((const float *)s->weights)[at]);
        }
    }
    value = value * (spec->scales ? spec->scales[out] : 1) + s->bias[out];
    if (spec->activation == LP_RELU)
        value = fmax(value, 0);
    if (spec->activation == LP_ELU && value < 0)
        value = expm1(value);
    value = value * (spec->gains ? spec->gains[out] : spec->gain) + spec->shift;
    if (s->adds)
        value += spec->sum * conv_sample_value(s, s->added.data, (size_t)(cell * spec->out + out));
    return spec->dst == LP_U8 ? fmin(fmax(value, 0), 255) : value;
}

void conv_sample_compare(const conv_sample *s, const char *name, const void *target, double tolerance) {
    const lp_conv_spec *const spec = &s->spec;

    for (int at = 0; at < s->height * s->width * spec->out; at++) {
        const double want = conv_sample_exact(s, at / spec->out, at % spec->out);
        const double got = conv_sample_value(s, target, (size_t)at);
        const double rounding = spec->dst == LP_U8 ? 0.5 : spec->dst == LP_BF16 ? fabs(want) / 256 : 0;
        if (!(fabs(got - want) <= rounding + tolerance * (1 + fabs(want))))
            fail_msg("%s, %d x %d x %d to %d, kernel %d, stride %d, dilation %d, activation %d, adds %d, cell %d, "
                     "channel %d: %g for %g",
                     name, spec->width, spec->height, spec->in, spec->out, spec->kernel, spec->stride, spec->dilation,
                     (int)spec->activation, s->adds, at / spec->out, at % spec->out, got, want);
    }
}

/* ---- Operators --------------------------------------------------------------------------------------------------- */

typedef enum units_order { AT_ONCE, FROM_THE_LAST, IN_HALVES, ORDERS } units_order;

typedef struct job {
    const lp_op_instance *instance;
    lp_op_tensors tensors;
    void *scratch;
} job;

static void run_units(const job *j, int begin, int end) {
    assert_int_equal(j->instance->op->run(j->instance->data, &j->tensors, begin, end, j->scratch), LIGHTPOSE_OK);
}

static void run_in_order(const job *j, units_order order) {
    const int units = j->instance->units;

    if (order == AT_ONCE)
        run_units(j, 0, units);
    for (int unit = units - 1; order == FROM_THE_LAST && unit >= 0; unit--)
        run_units(j, unit, unit + 1);
    if (order == IN_HALVES) {
        run_units(j, units / 2, units);
        run_units(j, 0, units / 2);
    }
}

static void check_guards(const char *name, const uint8_t *from, size_t size) {
    for (size_t i = 0; i < GUARD; i++)
        if (from[i] != 0x5A || from[GUARD + size + i] != 0x5A)
            fail_msg("%s writes outside its memory of %zu bytes", name, size);
}

void conv_sample_run(const conv_sample *s, const lp_operator *op, const void *packed, void *target) {
    const size_t size = conv_sample_bytes(s);
    lp_op_instance instance;

    assert_ok(lp_op_create(op, &instance, &s->layer, packed, error));
    const size_t scratch_size = instance.scratch_bytes;
    uint8_t *const room = malloc(size + 2 * GUARD);
    uint8_t *const scratch = aligned_alloc(GUARD, (scratch_size + 3 * GUARD) / GUARD * GUARD);
    assert_true(room && scratch);
    for (units_order order = AT_ONCE; order < ORDERS; order++) {
        const job j = {&instance,
                       {.src = s->source.data,
                        .added = s->adds == 2 ? room + GUARD
                                 : s->adds    ? s->added.data
                                              : NULL,
                        .dst = room + GUARD},
                       scratch + GUARD};
        memset(room, 0x5A, size + 2 * GUARD);
        memset(scratch, 0x5A, scratch_size + 2 * GUARD);
        if (s->adds == 2)
            memcpy(room + GUARD, s->added.data, size);
        run_in_order(&j, order);
        check_guards(instance.kernel, room, size);
        check_guards(instance.kernel, scratch, scratch_size);
        if (order == AT_ONCE)
            memcpy(target, room + GUARD, size);
        else if (memcmp(target, room + GUARD, size) != 0)
            fail_msg("%s: the order of units shows in the result", instance.kernel);
    }
    lp_op_destroy(&instance);
    free(room);
    free(scratch);
}
