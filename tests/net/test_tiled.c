/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Convolutions on tiles: in plain C against plain loops, and on AMX, where this CPU has it, against plain C, byte for
 * byte. */

#include "check.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "conv_sample.h"
#include "net/tiled.h"

static const lp_tile_kernel *const models[] = {&lp_tiles_model_bytes, &lp_tiles_model_bf16};
#if defined(__x86_64__)
static const lp_tile_kernel *const tiles[] = {&lp_tiles_bytes, &lp_tiles_bf16};
#else
static const lp_tile_kernel *const tiles[] = {&lp_tiles_model_bytes, &lp_tiles_model_bf16};
#endif

/* Whole and half depths, panels of one tile and of two, last tiles that are not full, rows longer than a unit. */
static const conv_limits limits[] = {
    {.src = LP_U8, .kernel = 3, .stride = 2, .in_step = 32, .most_in = 192, .most_out = 80, .most_cells = 150},
    {.src = LP_U8, .kernel = 1, .stride = 1, .in_step = 64, .most_in = 576, .most_out = 40, .most_cells = 300},
    {.src = LP_BF16, .kernel = 3, .stride = 2, .in_step = 16, .most_in = 96, .most_out = 80, .most_cells = 150},
    {.src = LP_BF16, .kernel = 1, .stride = 1, .in_step = 32, .most_in = 544, .most_out = 40, .most_cells = 200}};

/* Packs with a kernel of choice, whatever the CPU. */
static lightpose_status pack_with(const lp_tile_kernel *kernel, const conv_sample *s, void **packed,
                                  lightpose_error *error) {
    lp_op_layer layer = s->layer;

    layer.kernel = kernel;
    return lp_op_pack(&lp_op_tiled, packed, &layer, s->weights, error);
}

static void run_with(const conv_sample *s, const lp_tile_kernel *kernel, void *target) {
    void *packed = NULL;

    assert_ok(pack_with(kernel, s, &packed, error));
    conv_sample_run(s, &lp_op_tiled, packed, target);
    lp_op_free_packed(&lp_op_tiled, packed);
}

static void kernels_equal_plain_loops(void **unused) {
    (void)unused;

    for (int i = 0; i < 160; i++) {
        conv_sample s;
        conv_sample_make(&s, &limits[i % 4]);
        const size_t size = conv_sample_bytes(&s);
        uint8_t *const model = malloc(size), *const target = malloc(size);
        const int k = s.spec.src == LP_BF16;
        assert_true(model && target);
        run_with(&s, models[k], model);
        conv_sample_compare(&s, models[k]->name, model, 1e-4);
        if ((lp_cpu_features() & tiles[k]->features) == tiles[k]->features) {
            run_with(&s, tiles[k], target);
            if (memcmp(model, target, size) != 0)
                fail_msg("%s differs from %s", tiles[k]->name, models[k]->name);
        }
        free(model);
        free(target);
        conv_sample_free(&s);
    }
}

/* The sum of one output as tdpbf16ps is defined: over each 32 channels of a tap, products of even and of odd channels
 * apart, each step rounded once; then their sum, then the sum so far. No number here is too small for full precision.
 */
static float bf16_sum(const conv_sample *s, int cell, int out) {
    const lp_conv_spec *const spec = &s->spec;
    const int area = spec->kernel * spec->kernel, depth = spec->in % 32 == 0 ? 32 : 16;
    float sum = 0;

    for (int tap = 0; tap < area; tap++) {
        const int y = cell / s->width * spec->stride - spec->pad[0] + tap / spec->kernel * spec->dilation;
        const int x = cell % s->width * spec->stride - spec->pad[1] + tap % spec->kernel * spec->dilation;
        const int inside = y >= 0 && y < spec->height && x >= 0 && x < spec->width;
        for (int first = 0; first < spec->in; first += depth) {
            float part[2] = {0, 0};
            for (int c = first; c < first + depth; c++) {
                const size_t at = inside ? (size_t)((y * spec->width + x) * spec->in + c) : 0;
                const uint32_t bits = (uint32_t)((const uint16_t *)(const void *)s->source.data)[at] << 16;
                float value = 0;
                if (inside)
                    memcpy(&value, &bits, sizeof value);
                part[c % 2] = fmaf(value, ((const float *)s->weights)[(out * spec->in + c) * area + tap], part[c % 2]);
            }
            sum += part[0] + part[1];
        }
    }
    return sum;
}

static void bf16_rounds_as_the_instruction_does(void **unused) {
    (void)unused;

    for (int i = 0; i < 40; i++) {
        conv_sample s;
        conv_sample_make(&s, &limits[2]);
        s.spec.activation = LP_LINEAR;
        s.spec.gains = NULL;
        s.spec.gain = 1;
        s.spec.shift = s.spec.sum = 0;
        s.adds = 0;
        if (s.spec.dst == LP_F32) {
            float *const target = malloc(conv_sample_bytes(&s));
            assert_non_null(target);
            run_with(&s, models[1], target);
            for (int at = 0; at < s.height * s.width * s.spec.out; at++) {
                const float want = bf16_sum(&s, at / s.spec.out, at % s.spec.out) + s.bias[at % s.spec.out];
                if (target[at] != want)
                    fail_msg("%d to %d, kernel %d, output %d: %.9g for %.9g", s.spec.in, s.spec.out, s.spec.kernel, at,
                             target[at], want);
            }
            free(target);
        }
        conv_sample_free(&s);
    }
}

/* To the nearest, halves to even. */
static uint16_t rounded(float value) {
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    const uint32_t rest = bits & 0xFFFF, odd = bits >> 16 & 1;
    return (uint16_t)((bits >> 16) + (rest > 0x8000 || (rest == 0x8000 && odd)));
}

/* Sums of small whole numbers, of which many lie half-way between two of bf16. */
static void bf16_targets_are_rounded_to_even(void **unused) {
    int ties = 0;
    (void)unused;

    for (int i = 0; i < 20; i++) {
        conv_sample s;
        conv_sample_make(&s, &limits[3]);
        const size_t count = (size_t)(s.height * s.width * s.spec.out);
        float *const wide = malloc(count * sizeof(float));
        uint16_t *const half = malloc(count * sizeof(uint16_t));
        assert_true(wide && half);
        for (int at = 0; at < s.spec.height * s.spec.width * s.spec.in; at++)
            ((uint16_t *)(void *)s.source.data)[at] = rounded((float)conv_chance(8));
        for (int at = 0; at < s.spec.out * s.spec.in; at++)
            ((float *)s.weights)[at] = (float)(conv_chance(9) - 4);
        for (int o = 0; o < s.spec.out; o++)
            s.bias[o] = 0;
        s.spec.activation = LP_LINEAR;
        s.spec.gains = NULL;
        s.spec.gain = 1;
        s.spec.shift = s.spec.sum = 0;
        s.adds = 0;
        s.spec.dst = LP_F32;
        s.element = sizeof(float);
        run_with(&s, models[1], wide);
        s.spec.dst = LP_BF16;
        s.element = sizeof(uint16_t);
        run_with(&s, models[1], half);
        for (size_t at = 0; at < count; at++) {
            uint32_t bits;
            memcpy(&bits, &wide[at], sizeof bits);
            ties += (bits & 0xFFFF) == 0x8000;
            assert_int_equal(half[at], rounded(wide[at]));
        }
        free(wide);
        free(half);
        conv_sample_free(&s);
    }
    assert_true(ties > 100);
}

/* A NaN in the source comes out as NaN, in bf16 too. */
static void nan_stays_nan(void **unused) {
    (void)unused;

    for (int i = 0; i < 20; i++) {
        conv_sample s;
        conv_sample_make(&s, &limits[3]);
        memset(s.source.data, 0xFF, (size_t)(s.spec.height * s.spec.width * s.spec.in * 2));
        s.spec.activation = LP_LINEAR;
        uint8_t *const target = malloc(conv_sample_bytes(&s));
        assert_non_null(target);
        run_with(&s, models[1], target);
        for (int at = 0; at < s.height * s.width * s.spec.out; at++)
            assert_true(isnan(conv_sample_value(&s, target, (size_t)at)));
        free(target);
        conv_sample_free(&s);
    }
}

/* After the operator has run, this thread has no tiles: the model ends the process that uses them all the same. */
static void no_tiles_are_left_configured(void **unused) {
    static _Alignas(64) uint8_t room[LP_TILE_PRODUCTS];
    static const float numbers[LP_TILE_COLUMNS];
    const lp_tile_source source = {room, 0};
    const lp_tile_unit unit = {.sources = &source,
                               .count = 1,
                               .tiles = 1,
                               .taps = 1,
                               .bytes = 64,
                               .depth = 64,
                               .out = 1,
                               .weights = room,
                               .to = {.scales = numbers, .bias = numbers, .gains = numbers, .step = 1, .target = room},
                               .products = room};
    conv_sample s;
    int status;
    (void)unused;

    conv_sample_make(&s, &limits[0]);
    uint8_t *const target = malloc(conv_sample_bytes(&s));
    assert_non_null(target);
    run_with(&s, models[0], target);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        models[0]->run(&unit);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    free(target);
    conv_sample_free(&s);
}

static void it_takes_what_it_can_do(void **unused) {
    const unsigned base = LP_CPU_AVX2 | LP_CPU_AVX512 | LP_CPU_AVX512_VNNI;
    const unsigned bytes = base | LP_CPU_AMX_INT8, both = bytes | LP_CPU_AMX_BF16;
    lp_conv_spec good = {.name = "good", .src = LP_U8, .dst = LP_U8, .in = 128, .out = 38, .kernel = 3, .gain = 1};
    lp_conv_spec bad[6];
    (void)unused;

#if defined(__x86_64__)
    assert_true(lp_op_tiled.takes(&good, bytes));
    good.src = good.dst = LP_BF16;
    assert_false(lp_op_tiled.takes(&good, bytes));
    assert_true(lp_op_tiled.takes(&good, both));
    good.dst = LP_F32;
    assert_true(lp_op_tiled.takes(&good, both));
#endif
    good.src = good.dst = LP_U8;
    assert_false(lp_op_tiled.takes(&good, base));
    assert_false(lp_op_tiled.takes(&good, 0));
    for (int i = 0; i < 6; i++)
        bad[i] = good;
    bad[0].src = LP_F32;
    bad[1].dst = LP_BF16;
    bad[2].depthwise = 1;
    bad[3].kernel = 5;
    bad[4].in = 3;
    bad[5].src = LP_BF16;
    for (int i = 0; i < 6; i++)
        assert_false(lp_op_tiled.takes(&bad[i], both));
}

static void failing_allocations_are_reported(void **unused) {
    conv_sample s;
    lp_op_instance instance;
    void *packed = NULL;
    (void)unused;

    conv_sample_make(&s, &limits[0]);
    for (int nth = 1; nth <= 3; nth++) {
        lp_mem_fail_at(nth);
        assert_fails(pack_with(models[0], &s, &packed, error), LIGHTPOSE_ERROR_MEMORY, "sample");
        lp_mem_fail_at(0);
        assert_null(packed);
    }
    assert_ok(pack_with(models[0], &s, &packed, error));
    for (int nth = 1; nth <= 3; nth++) {
        lp_mem_fail_at(nth);
        assert_fails(lp_op_create(&lp_op_tiled, &instance, &s.layer, packed, error), LIGHTPOSE_ERROR_MEMORY, "sample");
        lp_mem_fail_at(0);
        assert_null(instance.data);
    }
    lp_op_free_packed(&lp_op_tiled, packed);
    lp_op_free_packed(&lp_op_tiled, NULL);
    conv_sample_free(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(kernels_equal_plain_loops),        cmocka_unit_test(bf16_rounds_as_the_instruction_does),
    cmocka_unit_test(bf16_targets_are_rounded_to_even), cmocka_unit_test(nan_stays_nan),
    cmocka_unit_test(no_tiles_are_left_configured),     cmocka_unit_test(it_takes_what_it_can_do),
    cmocka_unit_test(failing_allocations_are_reported),
};

int main(void) {
    return cmocka_run_group_tests_name("tiled", tests, NULL, NULL);
}
