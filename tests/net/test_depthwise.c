/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The depthwise kernels on bytes, each against plain loops, on sizes and numbers of chance. */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/depthwise.h"
#include "run_operator.h"
#include "net/quantise.h"

static uint32_t state = 1;

static int chance(int below) {
    state = state * 1664525u + 1013904223u;
    return (int)((uint64_t)state * (uint64_t)below >> 32);
}

enum { MOST_CHANNELS = 200, GUARD = 64 };

typedef struct sample {
    lp_conv_spec spec;
    uint8_t zero;
    int8_t weights[MOST_CHANNELS * 9];
    float scales[MOST_CHANNELS], bias[MOST_CHANNELS], gains[MOST_CHANNELS];
    uint8_t *source;
} sample;

static void make_sample(sample *s) {
    const int stride = 1 + chance(2), dilation = stride == 2 ? 1 : 1 + chance(2);
    const int channels = chance(3) ? 16 * (1 + chance(MOST_CHANNELS / 16)) : 1 + chance(MOST_CHANNELS);

    memset(s, 0, sizeof *s);
    s->spec = (lp_conv_spec){.name = "sample",
                             .src = LP_U8,
                             .dst = LP_U8,
                             .height = stride * (1 + chance(9)),
                             .width = stride * (1 + chance(20)),
                             .in = channels,
                             .out = channels,
                             .kernel = 3,
                             .stride = stride,
                             .dilation = dilation,
                             .depthwise = 1,
                             .scales = s->scales,
                             .activation = chance(2) ? LP_ELU : LP_LINEAR,
                             .gains = chance(2) ? s->gains : NULL,
                             .gain = 30,
                             .shift = (float)chance(256)};
    for (int i = 0; i < 4; i++)
        s->spec.pad[i] = stride == 2 && i >= 2 ? 0 : dilation;
    if (s->spec.activation == LP_LINEAR) { /* all in scale and bias */
        s->spec.gains = NULL;
        s->spec.gain = 1;
        s->spec.shift = 0;
    }
    s->zero = (uint8_t)chance(256);
    for (int c = 0; c < channels; c++) {
        const float unit = s->spec.activation == LP_ELU ? 0.0001F : 0.003F;
        s->scales[c] = unit * (float)(1 + chance(100)) / 50;
        s->bias[c] = s->spec.activation == LP_ELU ? (float)(chance(100) - 50) / 20 : (float)(chance(400) - 70);
        s->gains[c] = (float)(10 + chance(40));
        for (int i = 0; i < 9; i++)
            s->weights[c * 9 + i] = (int8_t)(chance(8) ? chance(255) - 127 : chance(2) ? 127 : -127);
    }
    const size_t bytes = (size_t)(s->spec.height * s->spec.width * channels);
    s->source = malloc(bytes); /* of the very size: reading beyond it shows under a sanitizer */
    assert_non_null(s->source);
    for (size_t i = 0; i < bytes; i++)
        s->source[i] = (uint8_t)(chance(8) ? chance(256) : 255);
}

/* The exact result before it is rounded. */
static double exact(const sample *s, int y, int x, int c) {
    const lp_conv_spec *const spec = &s->spec;
    int sum = 0;

    for (int i = 0; i < 9; i++) {
        const int from_y = y * spec->stride + (i / 3 - 1) * spec->dilation;
        const int from_x = x * spec->stride + (i % 3 - 1) * spec->dilation;
        const int inside = from_y >= 0 && from_y < spec->height && from_x >= 0 && from_x < spec->width;
        sum += s->weights[c * 9 + i] * (inside ? s->source[(from_y * spec->width + from_x) * spec->in + c] : s->zero);
    }
    double value = (double)sum * s->scales[c] + s->bias[c];
    if (spec->activation == LP_ELU)
        value = (value > 0 ? value : expm1(value)) * (spec->gains ? s->gains[c] : spec->gain) + spec->shift;
    return fmin(fmax(value, 0), 255);
}

static void check_sample(const sample *s, unsigned features) {
    const int height = lp_conv_out_height(&s->spec), width = lp_conv_out_width(&s->spec);
    const size_t bytes = (size_t)(height * width * s->spec.out);
    uint8_t *const target = malloc(bytes + 2 * GUARD);
    const lp_op_layer layer = {.spec = &s->spec, .bias = s->bias, .zero = s->zero, .features = features};
    char name[64];

    assert_non_null(target);
    memset(target, 0xA5, bytes + 2 * GUARD);
    run_operator(&lp_op_depthwise, &layer, s->weights, &(lp_op_tensors){s->source, NULL, target + GUARD}, name);
    for (int i = 0; i < height * width * s->spec.out; i++) {
        const int c = i % s->spec.out, cell = i / s->spec.out;
        const double want = exact(s, cell / width, cell % width, c), got = target[GUARD + i];
        if (!(fabs(got - want) <= 0.5 + 2e-4)) /* rounded to the nearest; single precision's share of 255 or more */
            fail_msg("%s, %d x %d x %d, stride %d, dilation %d, channel %d, cell %d: %g instead of %g", name, width,
                     height, s->spec.out, s->spec.stride, s->spec.dilation, c, cell, got, want);
    }
    for (int i = 0; i < GUARD; i++)
        if (target[i] != 0xA5 || target[GUARD + bytes + (size_t)i] != 0xA5)
            fail_msg("%s writes outside its target", name);
    free(target);
}

static void kernels_equal_plain_loops(void **unused) {
    const unsigned cpu = lp_cpu_features(),
                   masks[] = {0,  LP_CPU_AVX2, LP_CPU_AVX2 | LP_CPU_AVX512, LP_CPU_NEON, LP_CPU_NEON | LP_CPU_DOTPROD,
                              ~0u};
    (void)unused;

    for (int i = 0; i < 400; i++) {
        sample s;
        make_sample(&s);
        for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
            check_sample(&s, cpu & masks[m]);
        free(s.source);
    }
}

static void each_kernel_is_chosen_where_its_cpu_is(void **unused) {
    const unsigned cpu = lp_cpu_features();
    sample s;
    (void)unused;

    make_sample(&s);
    while (s.spec.out % 16 != 0) {
        free(s.source);
        make_sample(&s);
    }
    uint8_t *const target = malloc((size_t)(s.spec.height * s.spec.width * s.spec.out));
    assert_non_null(target);
    const struct {
        unsigned features;
        const char *name;
    } cases[] = {{0, "lightpose:dw:c"},
                 {LP_CPU_AVX2, "lightpose:dw:avx2"},
                 {LP_CPU_AVX2 | LP_CPU_AVX512 | LP_CPU_AVX512_VNNI, "lightpose:dw:avx512_vnni"},
                 {LP_CPU_NEON, "lightpose:dw:neon"},
                 {LP_CPU_NEON | LP_CPU_DOTPROD, "lightpose:dw:neon_dotprod"},
                 {LP_CPU_NEON | LP_CPU_DOTPROD | LP_CPU_I8MM, "lightpose:dw:neon_i8mm"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const lp_op_layer layer = {.spec = &s.spec, .bias = s.bias, .features = cases[i].features};
        char name[64];
        if ((cpu & cases[i].features) != cases[i].features)
            continue;
        run_operator(&lp_op_depthwise, &layer, s.weights, &(lp_op_tensors){s.source, NULL, target}, name);
        assert_string_equal(name, cases[i].name);
    }
    free(target);
    free(s.source);
}

static void a_failing_allocation_is_reported(void **unused) {
    sample s;
    (void)unused;

    make_sample(&s);
    fail_operator(&lp_op_depthwise, &(lp_op_layer){.spec = &s.spec, .bias = s.bias}, s.weights);
    free(s.source);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(kernels_equal_plain_loops),
    cmocka_unit_test(each_kernel_is_chosen_where_its_cpu_is),
    cmocka_unit_test(a_failing_allocation_is_reported),
};

int main(void) {
    return cmocka_run_group_tests_name("depthwise", tests, NULL, NULL);
}
