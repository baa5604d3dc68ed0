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
    int height, width, add; /* add: 0 no, 1 from elsewhere, 2 in place */
    double *weights, bias[64];
    naive_tensor source, expected, magnitudes, added;
} sample;

static void make_sample(sample *s) {
    static const char *const name = "sample";
    const int in = 32 * (1 + chance(2)), out = 32 * (1 + chance(2));

    s->layer = (lp_layer){.name = name,
                          .kind = LP_CONV,
                          .in = in,
                          .out = out,
                          .kernel = 3,
                          .stride = 1,
                          .dilation = 1 + chance(3),
                          .activation = chance(2) ? LP_RELU : LP_LINEAR};
    s->height = 1 + chance(14);
    s->width = 1 + chance(20);
    s->add = chance(3);
    s->weights = calloc((size_t)(in * out * 9), sizeof *s->weights);
    assert_non_null(s->weights);
    for (int i = 0; i < in * out * 9; i++)
        s->weights[i] = uniform();
    for (int o = 0; o < out; o++)
        s->bias[o] = uniform();
    s->source = naive_create(in, s->height, s->width);
    s->added = naive_create(out, s->height, s->width);
    for (int i = 0; i < in * s->height * s->width; i++)
        s->source.values[i] = uniform();
    for (int i = 0; i < out * s->height * s->width; i++)
        s->added.values[i] = uniform();
    naive_convolve(&s->layer, s->weights, s->bias, &s->source, &s->expected, &s->magnitudes);
    naive_winograd_magnitudes(&s->layer, s->weights, s->bias, &s->source, &s->magnitudes);
}

static void free_sample(sample *s) {
    free(s->weights);
    naive_free(&s->source);
    naive_free(&s->expected);
    naive_free(&s->magnitudes);
    naive_free(&s->added);
}

/* Channels innermost, in memory of the very size. */
static float *interleaved(const naive_tensor *tensor) {
    const int cells = tensor->height * tensor->width;
    float *const values = lp_calloc((size_t)(cells * tensor->channels), sizeof *values);

    assert_non_null(values);
    for (int c = 0; c < tensor->channels; c++)
        for (int i = 0; i < cells; i++)
            values[i * tensor->channels + c] = (float)naive_at(tensor, c, 0, 0)[i];
    return values;
}

/* u = 2^-24. No output may be further off than the terms of its sums can bring it, in whatever order: (in + 32) u times
 * their magnitude. Rounding errors being of either sign, all outputs together stay within a tenth of u of it
 * (measured: 0.046). */
static void compare(const sample *s, const float *got, const char *implementation) {
    const int cells = s->height * s->width, outs = s->layer.out;
    double errors = 0, magnitudes = 0;

    for (int c = 0; c < outs; c++)
        for (int i = 0; i < cells; i++) {
            const double sum = naive_at(&s->expected, c, 0, 0)[i], addend = naive_at(&s->added, c, 0, 0)[i];
            const double want = naive_activate(s->layer.activation, sum) + (s->add ? addend : 0);
            const double magnitude = naive_at(&s->magnitudes, c, 0, 0)[i] + fabs(addend);
            const double error = got[i * outs + c] - want;
            if (!(fabs(error) <= (s->layer.in + 32) * 0x1p-24 * magnitude))
                fail_msg("%s, %d x %d, %d to %d, dilation %d, add %d, channel %d, cell %d: %.9g instead of %.9g",
                         implementation, s->width, s->height, s->layer.in, outs, s->layer.dilation, s->add, c, i,
                         got[i * outs + c], want);
            errors += error * error;
            magnitudes += magnitude * magnitude;
        }
    if (sqrt(errors / magnitudes) > 0x1p-24 / 10)
        fail_msg("%s: errors of %.2g of the sums' magnitude", implementation, sqrt(errors / magnitudes));
}

static void check_sample(const sample *s, unsigned features) {
    const int count = s->layer.in * s->layer.out * 9;
    float *const weights = calloc((size_t)count, sizeof *weights), bias[64];
    float *const source = interleaved(&s->source), *const added = interleaved(&s->added);
    float *const target = s->add == 2 ? added : interleaved(&s->expected);
    lp_winograd_weights *packed = NULL;

    assert_non_null(weights);
    for (int i = 0; i < count; i++)
        weights[i] = (float)s->weights[i];
    for (int o = 0; o < s->layer.out; o++)
        bias[o] = (float)s->bias[o];
    assert_ok(lp_winograd_pack(&packed, "sample", weights, s->layer.in, s->layer.out, features, error));
    const lp_winograd layer = {.weights = packed,
                               .bias = bias,
                               .height = s->height,
                               .width = s->width,
                               .dilation = s->layer.dilation,
                               .relu = s->layer.activation == LP_RELU,
                               .threads = 1 + chance(3)};
    void *const scratch = lp_calloc(1, lp_winograd_scratch_size(&layer));
    assert_non_null(scratch);
    if (target != added)
        memset(target, 0xFF, (size_t)(s->height * s->width * s->layer.out) * sizeof *target); /* not a number */
    lp_winograd_run(&layer, source, s->add ? added : NULL, target, scratch);
    compare(s, target, lp_winograd_implementation(packed));
    lp_winograd_weights_destroy(&packed);
    if (target != added)
        lp_free(target);
    lp_free(added);
    lp_free(source);
    lp_free(scratch);
    free(weights);
}

static void kernels_equal_plain_loops(void **unused) {
    const unsigned cpu = lp_cpu_features(), masks[] = {0, LP_CPU_AVX2, ~0u};
    (void)unused;

    for (int i = 0; i < 40; i++) {
        sample s;
        make_sample(&s);
        for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
            check_sample(&s, cpu & masks[m]);
        free_sample(&s);
    }
}

static void it_takes_what_it_can_do(void **unused) {
    const lp_conv_spec good = {.name = "good",
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

    assert_true(lp_winograd_takes(&good));
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
        assert_false(lp_winograd_takes(&bad[i]));
}

static void failing_allocations_are_reported(void **unused) {
    static const float weights[32 * 32 * 9];
    lp_winograd_weights *packed = NULL;
    (void)unused;

    for (int nth = 1; nth <= 3; nth++) {
        lp_mem_fail_at(nth);
        assert_fails(lp_winograd_pack(&packed, "sample", weights, 32, 32, 0, error), LIGHTPOSE_ERROR_MEMORY, "sample");
        lp_mem_fail_at(0);
        assert_null(packed);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(kernels_equal_plain_loops),
    cmocka_unit_test(it_takes_what_it_can_do),
    cmocka_unit_test(failing_allocations_are_reported),
};

int main(void) {
    return cmocka_run_group_tests_name("winograd", tests, NULL, NULL);
}
