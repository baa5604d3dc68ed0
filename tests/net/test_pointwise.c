/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 1x1 convolutions of bytes against plain loops, on sizes and numbers of chance, with every kernel that this CPU has.
 */

#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "net/pointwise.h"
#include "run_operator.h"

enum { MOST_OUT = 80, GUARD = 64 };

static uint32_t state = 1;

static int chance(int below) {
    state = state * 1664525u + 1013904223u;
    return (int)((uint64_t)state * (uint64_t)below >> 32);
}

typedef struct sample {
    int in, out, cells, bytes;
    lp_activation activation;
    int add; /* 0 no, 1 from elsewhere, 2 in place */
    float factor, shift;
    uint8_t *source;
    int8_t *weights;
    float scales[MOST_OUT], bias[MOST_OUT], gains[MOST_OUT];
} sample;

/* Source channels in stretches of which each has a size of its own: 255 in every channel, or so that the sums of half
 * a stretch or of all of it come about to what 16 bits hold. */
static void fill_source(sample *s) {
    static const int sizes[] = {255, 255, 140, 40, 33, 32, 31, 17, 16, 15, 4};

    for (int stretch = 0; stretch < s->in; stretch += 16) {
        const int size = sizes[chance(11)], same = chance(2);
        for (int cell = 0; cell < s->cells; cell++)
            for (int i = stretch; i < stretch + 16; i++)
                s->source[cell * s->in + i] = (uint8_t)(same ? size : chance(size + 1));
    }
}

/* Weights of chance, or the greatest there are: of one sign in a column, or of either. */
static void fill_weights(sample *s) {
    const int greatest = chance(2);

    for (int o = 0; o < s->out; o++) {
        const int sign = chance(3) - 1;
        for (int i = 0; i < s->in; i++) {
            const int negative = sign ? sign < 0 : chance(2);
            s->weights[o * s->in + i] = (int8_t)(greatest ? (negative ? -128 : 127) : chance(256) - 128);
        }
    }
}

/* Of the very size: reading beyond it shows under a sanitizer. */
static void make_sample(sample *s) {
    *s = (sample){.in = 32 * (1 + chance(4)),
                  .out = 1 + chance(MOST_OUT),
                  .cells = 1 + chance(40),
                  .activation = (lp_activation)chance(3),
                  .bytes = chance(2),
                  .add = chance(3),
                  .factor = 0.75F,
                  .shift = (float)chance(129)};
    if (chance(30) == 0) {
        s->in = LP_POINTWISE_MOST_CHANNELS;
        s->cells += 64; /* more than are multiplied at once */
    }
    s->source = malloc((size_t)(s->cells * s->in));
    s->weights = malloc((size_t)(s->out * s->in));
    assert_non_null(s->source);
    assert_non_null(s->weights);
    fill_source(s);
    fill_weights(s);
    for (int o = 0; o < s->out; o++) {
        s->scales[o] = (float)(1 + chance(1000)) / (float)(s->in * 20000);
        s->bias[o] = (float)(chance(400) - 100);
        s->gains[o] = (float)(1 + chance(8)) / 4;
    }
}

static void free_sample(sample *s) {
    free(s->source);
    free(s->weights);
}

static int exact_sum(const sample *s, int cell, int o) {
    int sum = 0;

    for (int i = 0; i < s->in; i++)
        sum += s->source[cell * s->in + i] * s->weights[o * s->in + i];
    return sum;
}

static double exact(const sample *s, int cell, int o, double added) {
    double value = (double)exact_sum(s, cell, o) * s->scales[o] + s->bias[o];

    if (s->activation == LP_RELU)
        value = fmax(value, 0);
    if (s->activation == LP_ELU)
        value = (value > 0 ? value : expm1(value)) * s->gains[o];
    value += (s->add ? s->factor * added : 0) + s->shift;
    return s->bytes ? fmin(fmax(value, 0), 255) : value;
}

static void run(const sample *s, unsigned features, const void *added, void *target, char name[64]) {
    const lp_conv_spec spec = {.name = "sample",
                               .src = LP_U8,
                               .dst = s->bytes ? LP_U8 : LP_F32,
                               .height = 1,
                               .width = s->cells,
                               .in = s->in,
                               .out = s->out,
                               .kernel = 1,
                               .stride = 1,
                               .dilation = 1,
                               .scales = s->scales,
                               .activation = s->activation,
                               .gains = s->activation == LP_ELU ? s->gains : NULL,
                               .gain = 1,
                               .shift = s->shift,
                               .sum = s->factor};
    const lp_op_layer layer = {.spec = &spec, .bias = s->bias, .features = features};

    run_operator(&lp_op_pointwise, &layer, s->weights, &(lp_op_tensors){s->source, added, target}, name);
}

/* A cell is off by its rounding, 0.5 in bytes, and by single precision's share of some thousands. */
static void check_sample(const sample *s, unsigned features) {
    const int count = s->cells * s->out;
    const size_t element = s->bytes ? 1 : sizeof(float), bytes = (size_t)count * element;
    unsigned char *const target = malloc(bytes + 2 * GUARD), *const old = malloc(bytes);
    char name[64];

    assert_non_null(target);
    assert_non_null(old);
    memset(target, 0xA5, bytes + 2 * GUARD);
    for (int i = 0; i < count; i++)
        if (s->bytes)
            old[i] = (uint8_t)chance(256);
        else
            ((float *)(void *)old)[i] = (float)chance(256);
    if (s->add == 2)
        memcpy(target + GUARD, old, bytes);
    run(s, features, s->add == 2 ? target + GUARD : s->add ? old : NULL, target + GUARD, name);
    for (int i = 0; i < count; i++) {
        const double added = s->bytes ? old[i] : ((float *)(void *)old)[i];
        const double want = exact(s, i / s->out, i % s->out, added);
        const double got = s->bytes ? target[GUARD + i] : ((float *)(void *)(target + GUARD))[i];
        if (!(fabs(got - want) <= (s->bytes ? 0.5 : 0) + 1e-3))
            fail_msg("%s, %d cells, %d to %d, bytes %d, activation %d, add %d, cell %d, channel %d: %g for %g", name,
                     s->cells, s->in, s->out, s->bytes, (int)s->activation, s->add, i / s->out, i % s->out, got, want);
    }
    for (int i = 0; i < GUARD; i++)
        if (target[i] != 0xA5 || target[GUARD + bytes + (size_t)i] != 0xA5)
            fail_msg("%s writes outside its target", name);
    free(target);
    free(old);
}

static void kernels_equal_plain_loops(void **unused) {
    const unsigned cpu = lp_cpu_features(), masks[] = {LP_CPU_AVX2, ~0u};
    (void)unused;

    for (int i = 0; i < 250; i++) {
        sample s;
        make_sample(&s);
        for (int m = 0; m < 2; m++)
            if (cpu & masks[m] & LP_CPU_AVX2)
                check_sample(&s, cpu & masks[m]);
        free_sample(&s);
    }
}

/* Every sum there can be, 512 x 255 x 128 at most, is a float. */
static void sums_are_exact(void **unused) {
    const unsigned cpu = lp_cpu_features(), masks[] = {LP_CPU_AVX2, ~0u};
    (void)unused;

    for (int i = 0; i < 250; i++) {
        sample s;
        make_sample(&s);
        s.activation = LP_LINEAR;
        s.bytes = s.add = 0;
        s.shift = 0;
        for (int o = 0; o < s.out; o++) {
            s.scales[o] = 1;
            s.bias[o] = 0;
        }
        float *const target = calloc((size_t)(s.cells * s.out), sizeof *target);
        assert_non_null(target);
        for (int m = 0; m < 2; m++) {
            char name[64];
            if (!(cpu & masks[m] & LP_CPU_AVX2))
                continue;
            run(&s, cpu & masks[m], NULL, target, name);
            for (int at = 0; at < s.cells * s.out; at++)
                if (target[at] != (float)exact_sum(&s, at / s.out, at % s.out))
                    fail_msg("%s, %d cells, %d to %d, cell %d, channel %d: %.0f for %d", name, s.cells, s.in, s.out,
                             at / s.out, at % s.out, target[at], exact_sum(&s, at / s.out, at % s.out));
        }
        free(target);
        free_sample(&s);
    }
}

static void it_takes_what_it_can_do(void **unused) {
    static const float scales[32];
    const unsigned cpu = LP_CPU_AVX2 | LP_CPU_AVX512;
    lp_conv_spec good = {.name = "good",
                         .src = LP_U8,
                         .dst = LP_U8,
                         .height = 32,
                         .width = 57,
                         .in = 128,
                         .out = 38,
                         .kernel = 1,
                         .stride = 1,
                         .dilation = 1,
                         .scales = scales,
                         .activation = LP_RELU,
                         .gain = 1};
    lp_conv_spec bad[8];
    (void)unused;

    assert_int_equal(lp_op_pointwise.takes(&good, cpu), HAS_X86_KERNELS);
    assert_int_equal(lp_op_pointwise.takes(&good, LP_CPU_AVX2), HAS_X86_KERNELS);
    assert_false(lp_op_pointwise.takes(&good, 0));
    assert_false(lp_op_pointwise.takes(&good, LP_CPU_AVX2 | LP_CPU_AVX_VNNI));
    assert_false(lp_op_pointwise.takes(&good, cpu | LP_CPU_AVX512_VNNI));
    for (int i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].src = LP_F32;
    bad[1].dst = LP_BF16;
    bad[2].depthwise = 1;
    bad[3].stride = 2;
    bad[4].dst = LP_S8;
    bad[5].in = 48;
    bad[6].kernel = 3;
    bad[7].in = 1024;
    for (int i = 0; i < 8; i++)
        assert_false(lp_op_pointwise.takes(&bad[i], cpu));
    good.dst = LP_F32;
    assert_int_equal(lp_op_pointwise.takes(&good, cpu), HAS_X86_KERNELS);
}

static void it_takes_the_first_layer(void **unused) {
    static const float scales[32];
    const lp_conv_spec first = {.name = "first",
                                .scales = scales,
                                .src = LP_U8,
                                .dst = LP_U8,
                                .pad = {1, 1, 0, 0},
                                .in = 3,
                                .out = 32,
                                .kernel = 3,
                                .stride = 2,
                                .dilation = 1,
                                .activation = LP_LINEAR,
                                .gain = 1};
    lp_conv_spec bad[4];
    (void)unused;

    assert_int_equal(lp_op_pointwise.takes(&first, LP_CPU_AVX2), HAS_X86_KERNELS);
    assert_false(lp_op_pointwise.takes(&first, 0));
    assert_false(lp_op_pointwise.takes(&first, LP_CPU_AVX2 | LP_CPU_AVX512 | LP_CPU_AVX512_VNNI));
    for (int i = 0; i < 4; i++)
        bad[i] = first;
    bad[0].src = LP_F32;
    bad[1].in = 4;
    bad[2].kernel = 1;
    bad[3].dilation = 2;
    for (int i = 0; i < 4; i++)
        assert_false(lp_op_pointwise.takes(&bad[i], LP_CPU_AVX2));
}

/* A 3x3 layer of stride 2 on three channels, to the unit: sums of extremes, as floats. */
static void the_first_layer_equals_plain_loops(void **unused) {
    enum { HEIGHT = 70, WIDTH = 41, IN = 3, OUT = 40, DOWN = (HEIGHT + 1) / 2, ACROSS = (WIDTH + 1) / 2, ZERO = 128 };
    float scales[OUT], bias[OUT] = {0};
    const lp_conv_spec spec = {.name = "first",
                               .src = LP_U8,
                               .dst = LP_F32,
                               .height = HEIGHT,
                               .width = WIDTH,
                               .pad = {1, 1, HEIGHT % 2, WIDTH % 2},
                               .in = IN,
                               .out = OUT,
                               .kernel = 3,
                               .stride = 2,
                               .dilation = 1,
                               .scales = scales,
                               .gain = 1};
    const unsigned cpu = lp_cpu_features(), masks[] = {LP_CPU_AVX2, LP_CPU_AVX2 | LP_CPU_AVX512};
    uint8_t *const image = malloc(HEIGHT * WIDTH * IN);
    float *const target = malloc(DOWN * ACROSS * OUT * sizeof *target);
    int8_t weights[OUT * IN * 9];
    (void)unused;

    assert_true(image && target);
    for (int i = 0; i < HEIGHT * WIDTH * IN; i++)
        image[i] = (uint8_t)(chance(2) ? 255 : chance(256));
    for (int i = 0; i < OUT * IN * 9; i++)
        weights[i] = (int8_t)(chance(2) ? 127 : chance(256) - 128);
    for (int o = 0; o < OUT; o++)
        scales[o] = 1;
    for (int m = 0; m < 2; m++) {
        const lp_op_layer layer = {.spec = &spec, .bias = bias, .zero = ZERO, .features = masks[m]};
        char name[64];
        if ((cpu & masks[m]) != masks[m])
            continue;
        run_operator(&lp_op_pointwise, &layer, weights, &(lp_op_tensors){image, NULL, target}, name);
        for (int i = 0; i < DOWN * ACROSS * OUT; i++) {
            const int top = i / OUT / ACROSS * 2 - 1, left = i / OUT % ACROSS * 2 - 1, o = i % OUT;
            int sum = 0;
            for (int k = 0; k < 9; k++) {
                const int y = top + k / 3, x = left + k % 3, inside = y >= 0 && y < HEIGHT && x >= 0 && x < WIDTH;
                for (int c = 0; c < IN; c++)
                    sum += (inside ? image[(y * WIDTH + x) * IN + c] : ZERO) * weights[(o * IN + c) * 9 + k];
            }
            assert_true(target[i] == (float)sum);
        }
    }
    free(image);
    free(target);
}

static void each_kernel_is_chosen_where_its_cpu_is(void **unused) {
    const unsigned cpu = lp_cpu_features();
    const struct {
        unsigned features;
        const char *name;
    } cases[] = {{LP_CPU_AVX2, "lightpose:1x1:u8:avx2"}, {LP_CPU_AVX2 | LP_CPU_AVX512, "lightpose:1x1:u8:avx512"}};
    float target[80 * MOST_OUT];
    sample s;
    (void)unused;

    make_sample(&s);
    s.bytes = 1;
    for (int i = 0; i < 2; i++) {
        char name[64];
        if ((cpu & cases[i].features) != cases[i].features)
            continue;
        run(&s, cases[i].features, NULL, target, name);
        assert_string_equal(name, cases[i].name);
    }
    free_sample(&s);
}

static void failing_allocations_are_reported(void **unused) {
    static const int8_t weights[32 * 32];
    static const float scales[32], bias[32];
    const lp_conv_spec spec = {.name = "sample",
                               .src = LP_U8,
                               .dst = LP_U8,
                               .height = 4,
                               .width = 4,
                               .in = 32,
                               .out = 32,
                               .kernel = 1,
                               .stride = 1,
                               .dilation = 1,
                               .scales = scales};
    (void)unused;

    if (!(lp_cpu_features() & LP_CPU_AVX2))
        skip();
    fail_operator(&lp_op_pointwise, &(lp_op_layer){.spec = &spec, .bias = bias, .features = LP_CPU_AVX2}, weights);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(kernels_equal_plain_loops),
    cmocka_unit_test(sums_are_exact),
    cmocka_unit_test(it_takes_what_it_can_do),
    cmocka_unit_test(each_kernel_is_chosen_where_its_cpu_is),
    cmocka_unit_test(failing_allocations_are_reported),
    cmocka_unit_test(it_takes_the_first_layer),
    cmocka_unit_test(the_first_layer_equals_plain_loops),
};

int main(void) {
    return cmocka_run_group_tests_name("pointwise", tests, NULL, NULL);
}
