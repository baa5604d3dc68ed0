/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Winograd's filtering against plain loops, on sizes of chance, with every kernel that this CPU has. */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "naive.h"
#include "net/winograd.h"
#include "run_operator.h"

/* What a stored weight of bytes counts: exact in binary, and 127 of them are 1 / 32. */
#define BYTE_SCALE 0x1p-12

static uint32_t state = 1;

static int chance(int below) {
    state = state * 1664525u + 1013904223u;
    return (int)((uint64_t)state * (uint64_t)below >> 32);
}

static float uniform(void) {
    return (float)chance(2000001) / 1000000 - 1;
}

typedef struct sample {
    lp_layer layer;
    int height, width, bytes;
    int add; /* 0 no, 1 from elsewhere, 2 in place */
    double factor, shift;
    uint8_t outside;
    double *weights, bias[64], outsides[64];
    naive_tensor source, expected, magnitudes, added;
} sample;

/* Bytes are filtered as they are, with a byte of chance outside; outputs are of a size to use their range. */
static void make_sample(sample *s) {
    const int in = 32 * (1 + chance(2)), out = 32 * (1 + chance(2));

    *s = (sample){.bytes = chance(2), .height = 1 + chance(14), .width = 1 + chance(20), .add = chance(3)};
    s->layer = (lp_layer){.name = "sample",
                          .kind = LP_CONV,
                          .in = in,
                          .out = out,
                          .kernel = 3,
                          .stride = 1,
                          .dilation = 1 + chance(3),
                          .activation = chance(2) ? LP_RELU : LP_LINEAR};
    s->factor = s->bytes ? 0.75 : 1;
    s->shift = s->bytes ? chance(129) : 0;
    s->outside = (uint8_t)(s->bytes ? chance(256) : 0);
    s->weights = calloc((size_t)(in * out * 9), sizeof *s->weights);
    assert_non_null(s->weights);
    for (int i = 0; i < in * out * 9; i++)
        s->weights[i] = s->bytes ? (chance(255) - 127) * BYTE_SCALE : uniform();
    for (int o = 0; o < out; o++)
        s->bias[o] = s->bytes ? (float)chance(100) : uniform();
    s->source = naive_create(in, s->height, s->width);
    s->added = naive_create(out, s->height, s->width);
    for (int i = 0; i < in * s->height * s->width; i++)
        s->source.values[i] = s->bytes ? chance(256) : uniform();
    for (int i = 0; i < out * s->height * s->width; i++)
        s->added.values[i] = s->bytes ? chance(256) : uniform();
    for (int i = 0; i < in; i++)
        s->outsides[i] = s->outside;
}

/* The source within a margin of what lies outside it, so that plain loops need not know. */
static void expect(sample *s) {
    const int margin = s->layer.dilation;
    naive_tensor wide = naive_create(s->layer.in, s->height + 2 * margin, s->width + 2 * margin), all, sizes;

    for (int c = 0; c < s->layer.in; c++)
        for (int y = 0; y < wide.height; y++)
            for (int x = 0; x < wide.width; x++) {
                const int from_y = y - margin, from_x = x - margin;
                const int inside = from_y >= 0 && from_y < s->height && from_x >= 0 && from_x < s->width;
                *naive_at(&wide, c, y, x) = inside ? *naive_at(&s->source, c, from_y, from_x) : s->outside;
            }
    naive_convolve(&s->layer, s->weights, s->bias, &wide, &all, &sizes);
    s->expected = naive_create(s->layer.out, s->height, s->width);
    s->magnitudes = naive_create(s->layer.out, s->height, s->width);
    for (int c = 0; c < s->layer.out; c++)
        for (int y = 0; y < s->height; y++)
            for (int x = 0; x < s->width; x++)
                *naive_at(&s->expected, c, y, x) = *naive_at(&all, c, y + margin, x + margin);
    naive_winograd_magnitudes(&s->layer, s->weights, s->bias, &s->source, s->outsides, &s->magnitudes);
    naive_free(&wide);
    naive_free(&all);
    naive_free(&sizes);
}

static void free_sample(sample *s) {
    free(s->weights);
    naive_free(&s->source);
    naive_free(&s->expected);
    naive_free(&s->magnitudes);
    naive_free(&s->added);
}

/* Channels innermost, as floats or bytes, in memory of the very size. */
static void *interleaved(const naive_tensor *tensor, int bytes) {
    const int cells = tensor->height * tensor->width;
    void *const values = malloc((size_t)(cells * tensor->channels) * (bytes ? 1 : sizeof(float)));

    assert_non_null(values);
    for (int c = 0; c < tensor->channels; c++)
        for (int i = 0; i < cells; i++) {
            const double value = naive_at(tensor, c, 0, 0)[i];
            if (bytes)
                ((uint8_t *)values)[i * tensor->channels + c] = (uint8_t)value;
            else
                ((float *)values)[i * tensor->channels + c] = (float)value;
        }
    return values;
}

/* u = 2^-24. In floats no output may be further off than the terms of its sums can bring it, in whatever order: (in +
 * 32) u times their magnitude. Rounding errors being of either sign, all outputs together stay within a tenth of u of
 * it (measured: 0.046). Bytes are off by their own rounding, 0.5 at most and 0.289 in the root mean square, and by
 * little more: by that of weights to 16 bits (measured, with sums of a thousand steps: up to 0.15). */
static void compare(const sample *s, const void *target, const char *implementation) {
    const int cells = s->height * s->width, outs = s->layer.out;
    double errors = 0, magnitudes = 0;

    for (int c = 0; c < outs; c++)
        for (int i = 0; i < cells; i++) {
            const double sum = naive_at(&s->expected, c, 0, 0)[i], addend = naive_at(&s->added, c, 0, 0)[i];
            const double exact =
                naive_activate(s->layer.activation, sum) + (s->add ? s->factor * addend : 0) + s->shift;
            const double want = s->bytes ? fmin(fmax(exact, 0), 255) : exact;
            const double got =
                s->bytes ? ((const uint8_t *)target)[i * outs + c] : ((const float *)target)[i * outs + c];
            const double magnitude = naive_at(&s->magnitudes, c, 0, 0)[i] + fabs(addend) + s->shift;
            const double error = got - want;
            if (!(fabs(error) <= (s->bytes ? 0.7 : (s->layer.in + 32) * 0x1p-24 * magnitude)))
                fail_msg("%s, %d x %d, %d to %d, bytes %d, dilation %d, add %d, channel %d, cell %d: %.9g for %.9g",
                         implementation, s->width, s->height, s->layer.in, outs, s->bytes, s->layer.dilation, s->add, c,
                         i, got, want);
            errors += error * error;
            magnitudes += magnitude * magnitude;
        }
    if (s->bytes ? errors > 0.31 * 0.31 * cells * outs + 1 : sqrt(errors / magnitudes) > 0x1p-24 / 10)
        fail_msg("%s: errors of %.2g of the sums' magnitude, %.3g in the mean", implementation,
                 sqrt(errors / magnitudes), sqrt(errors / (cells * outs)));
}

static void check_sample(const sample *s, unsigned features) {
    const int count = s->layer.in * s->layer.out * 9;
    float scales[64], bias[64];
    const lp_conv_spec spec = {.name = "sample",
                               .src = s->bytes ? LP_U8 : LP_F32,
                               .dst = s->bytes ? LP_U8 : LP_F32,
                               .height = s->height,
                               .width = s->width,
                               .pad = {s->layer.dilation, s->layer.dilation, s->layer.dilation, s->layer.dilation},
                               .in = s->layer.in,
                               .out = s->layer.out,
                               .kernel = 3,
                               .stride = 1,
                               .dilation = s->layer.dilation,
                               .scales = s->bytes ? scales : NULL,
                               .activation = s->layer.activation,
                               .gain = 1,
                               .shift = (float)s->shift,
                               .sum = (float)s->factor};
    const lp_op_layer layer = {.spec = &spec, .bias = bias, .zero = s->outside, .features = features};
    float *const floats = calloc((size_t)count, sizeof *floats);
    int8_t *const bytes = calloc((size_t)count, 1);
    void *const source = interleaved(&s->source, s->bytes), *const added = interleaved(&s->added, s->bytes);
    void *const target = s->add == 2 ? added : interleaved(&s->added, s->bytes);
    char name[64];

    assert_true(floats && bytes);
    for (int i = 0; i < count; i++) {
        floats[i] = (float)s->weights[i];
        bytes[i] = (int8_t)lrint(s->weights[i] / BYTE_SCALE);
    }
    for (int o = 0; o < s->layer.out; o++) {
        scales[o] = (float)BYTE_SCALE;
        bias[o] = (float)s->bias[o];
    }
    run_operator(&lp_op_winograd, &layer, s->bytes ? (const void *)bytes : floats,
                 &(lp_op_tensors){source, s->add ? added : NULL, target}, name);
    compare(s, target, name);
    if (target != added)
        free(target);
    free(added);
    free(source);
    free(floats);
    free(bytes);
}

static void kernels_equal_plain_loops(void **unused) {
    const unsigned cpu = lp_cpu_features(), masks[] = {0, LP_CPU_AVX2, ~LP_CPU_AVX512_VNNI, ~0u};
    (void)unused;

    for (int i = 0; i < 60; i++) {
        sample s;
        make_sample(&s);
        expect(&s);
        for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
            if (!s.bytes || (cpu & masks[m] & LP_CPU_AVX2)) /* there is none for bytes without */
                check_sample(&s, cpu & masks[m]);
        free_sample(&s);
    }
}

/* Bytes and weights that bring the sums of one of the 36 matrices to the very end of their 32 bits, and beyond it if
 * weights were stored one bit finer. Of 32 source channels: equal weights are rounded alike, and with more of them
 * their errors add up to more than compare() allows. */
static void the_greatest_sums_fit(void **unused) {
    static const int row[5] = {-4, -4, 1, 1, 0}; /* of the source's transform, over the cells inside the image */
    const unsigned cpu = lp_cpu_features(), masks[] = {LP_CPU_AVX2, ~LP_CPU_AVX512_VNNI, ~0u};
    (void)unused;

    for (int sign = -1; sign <= 1; sign += 2) {
        sample s;
        for (make_sample(&s); !s.bytes || s.layer.in > 32 || s.height < 5 || s.width < 5 || s.layer.dilation > 1;
             make_sample(&s)) {
            free(s.weights);
            naive_free(&s.source);
            naive_free(&s.added);
        }
        s.outside = 0;
        for (int i = 0; i < s.layer.in; i++)
            for (int y = 0; y < s.height; y++)
                for (int x = 0; x < s.width; x++) {
                    const int product = y < 5 && x < 5 ? row[y] * row[x] : 0;
                    *naive_at(&s.source, i, y, x) = product > 0 ? 255 : 0;
                }
        for (int i = 0; i < s.layer.in * s.layer.out * 9; i++)
            s.weights[i] = sign * 4 * BYTE_SCALE;
        memset(s.outsides, 0, sizeof s.outsides);
        expect(&s);
        for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
            if (cpu & masks[m] & LP_CPU_AVX2)
                check_sample(&s, cpu & masks[m]);
        free_sample(&s);
    }
}

static void it_takes_what_it_can_do(void **unused) {
    lp_conv_spec good = {.name = "good",
                         .src = LP_F32,
                         .dst = LP_F32,
                         .height = 32,
                         .width = 57,
                         .pad = {2, 2, 2, 2},
                         .in = 128,
                         .out = 128,
                         .kernel = 3,
                         .stride = 1,
                         .dilation = 2,
                         .activation = LP_RELU};
    lp_conv_spec bad[8];
    (void)unused;

    assert_true(lp_op_winograd.takes(&good, ~0u));
    for (int i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].src = LP_BF16;
    bad[1].dst = LP_U8;
    bad[2].depthwise = 1;
    bad[3].stride = 2;
    bad[4].pad[0] = 0;
    bad[5].activation = LP_ELU;
    bad[6].in = 24;
    bad[7].kernel = 1;
    for (int i = 0; i < 8; i++)
        assert_false(lp_op_winograd.takes(&bad[i], 0));
    good.src = good.dst = LP_U8;
    assert_false(lp_op_winograd.takes(&good, 0));
    assert_int_equal(lp_op_winograd.takes(&good, LP_CPU_AVX2), HAS_X86_KERNELS);
    assert_int_equal(lp_op_winograd.takes(&good, LP_CPU_AVX2 | LP_CPU_AVX512), HAS_X86_KERNELS);
    assert_int_equal(lp_op_winograd.takes(&good, LP_CPU_AVX2 | LP_CPU_AVX512 | LP_CPU_AVX512_VNNI | LP_CPU_AVX_VNNI),
                     HAS_X86_KERNELS);
    assert_false(lp_op_winograd.takes(&good, LP_CPU_AVX2 | LP_CPU_AVX_VNNI));
    assert_false(lp_op_winograd.takes(&good, LP_CPU_AVX2 | LP_CPU_AVX512 | LP_CPU_AVX512_VNNI | LP_CPU_AMX_INT8));
}

static void failing_allocations_are_reported(void **unused) {
    static const float weights[32 * 32 * 9], bias[32];
    const lp_conv_spec spec = {.name = "sample",
                               .src = LP_F32,
                               .dst = LP_F32,
                               .height = 8,
                               .width = 8,
                               .in = 32,
                               .out = 32,
                               .kernel = 3,
                               .stride = 1,
                               .dilation = 1};
    (void)unused;

    fail_operator(&lp_op_winograd, &(lp_op_layer){.spec = &spec, .bias = bias}, weights);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(kernels_equal_plain_loops),
    cmocka_unit_test(the_greatest_sums_fit),
    cmocka_unit_test(it_takes_what_it_can_do),
    cmocka_unit_test(failing_allocations_are_reported),
};

int main(void) {
    return cmocka_run_group_tests_name("winograd", tests, NULL, NULL);
}
