/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Convolutions on the dot-product instruction: in plain C of each width against plain loops, and each kernel that this
 * CPU has against plain C, byte for byte. */

#include "check.h"

#include <stdio.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "conv_sample.h"
#include "net/dot.h"

static const lp_dot_kernel *const kernels[] = {&lp_dot_model_256,      &lp_dot_model_512,
                                               &lp_dot_model_128,
#if defined(__x86_64__)
                                               &lp_dot_avx_vnni,       &lp_dot_avx512_vnni,
                                               &lp_dot_avx512_vnni_256
#elif defined(__aarch64__)
                                               &lp_dot_neon,      &lp_dot_neon_dotprod,
                                               &lp_dot_neon_i8mm
#endif
};
enum { KERNELS = sizeof kernels / sizeof *kernels };

/* Packs with a kernel of choice, whatever the CPU. */
static lightpose_status pack_with(const lp_dot_kernel *kernel, const conv_sample *s, void **packed,
                                  lightpose_error *error) {
    lp_op_layer layer = s->layer;

    layer.kernel = kernel;
    return lp_op_pack(&lp_op_dot, packed, &layer, s->weights, error);
}

static void check_sample(conv_sample *s) {
    const size_t size = conv_sample_bytes(s);
    uint8_t *const first = malloc(size), *const target = malloc(size);

    assert_true(first && target);
    for (int k = 0; k < KERNELS; k++) {
        void *packed = NULL;
        if ((lp_cpu_features() & kernels[k]->features) != kernels[k]->features)
            continue;
        assert_ok(pack_with(kernels[k], s, &packed, error));
        conv_sample_run(s, &lp_op_dot, packed, k == 0 ? first : target);
        if (k == 0)
            conv_sample_compare(s, kernels[k]->name, first, 1e-4);
        else if (memcmp(first, target, size) != 0)
            fail_msg("%s differs from %s", kernels[k]->name, kernels[0]->name);
        lp_op_free_packed(&lp_op_dot, packed);
    }
    free(first);
    free(target);
}

/* Channels in whole vectors and not, more cells than a unit has. */
static void kernels_equal_plain_loops(void **unused) {
    static const conv_limits all[] = {
        {.src = LP_U8, .kernel = 3, .stride = 2, .in_step = 8, .most_in = 96, .most_out = 80, .most_cells = 150},
        {.src = LP_U8, .kernel = 3, .stride = 2, .in_step = 1, .most_in = 40, .most_out = 40, .most_cells = 150},
        {.src = LP_U8, .kernel = 1, .stride = 1, .in_step = 64, .most_in = 512, .most_out = 40, .most_cells = 80},
        {.src = LP_U8, .kernel = 3, .stride = 2, .in_step = 3, .most_in = 3, .most_out = 32, .most_cells = 300}};
    (void)unused;

    for (int i = 0; i < 240; i++) {
        conv_sample s;
        conv_sample_make(&s, &all[i % 4]);
        check_sample(&s);
        conv_sample_free(&s);
    }
}

/* The least and the greatest sums of 512 channels of 3x3 are whole numbers still. */
static void sums_are_exact(void **unused) {
    static const conv_limits limits = {
        .src = LP_U8, .kernel = 1, .stride = 1, .in_step = 512, .most_in = 512, .most_out = 40, .most_cells = 20};
    (void)unused;

    for (int i = 0; i < 10; i++) {
        conv_sample s;
        conv_sample_make(&s, &limits);
        memset(s.source.data, 255, (size_t)(s.spec.height * s.spec.width * s.spec.in));
        memset(s.weights, i % 2 ? -128 : 127, (size_t)(s.spec.in * s.spec.out));
        s.spec.scales = s.spec.gains = NULL;
        s.spec.activation = LP_LINEAR;
        s.spec.gain = 1;
        s.spec.shift = s.spec.sum = 0;
        s.adds = 0;
        for (int o = 0; o < s.spec.out; o++)
            s.bias[o] = 0;
        for (int k = 0; k < KERNELS; k++) {
            float target[20 * 40 * 12];
            void *packed = NULL;
            if (s.spec.dst != LP_F32 || (lp_cpu_features() & kernels[k]->features) != kernels[k]->features)
                continue;
            assert_ok(pack_with(kernels[k], &s, &packed, error));
            conv_sample_run(&s, &lp_op_dot, packed, target);
            for (int at = 0; at < s.height * s.width * s.spec.out; at++)
                assert_true(target[at] == (float)(512 * 255 * (i % 2 ? -128 : 127)));
            lp_op_free_packed(&lp_op_dot, packed);
        }
        conv_sample_free(&s);
    }
}

/* Scales so large that a result has no place in 32 bits: still 0 or 255. */
static void huge_results_saturate(void **unused) {
    static const conv_limits limits = {
        .src = LP_U8, .kernel = 3, .stride = 1, .in_step = 8, .most_in = 64, .most_out = 64, .most_cells = 60};
    (void)unused;

    for (int i = 0; i < 20; i++) {
        conv_sample s;
        conv_sample_make(&s, &limits);
        s.spec.scales = s.scales;
        for (int o = 0; o < s.spec.out; o++)
            s.scales[o] = 1e20F;
        if (s.spec.dst == LP_U8)
            check_sample(&s);
        conv_sample_free(&s);
    }
}

static void it_takes_what_it_can_do(void **unused) {
    const unsigned wide = LP_CPU_AVX2 | LP_CPU_AVX512 | LP_CPU_AVX512_VNNI;
    lp_conv_spec good = {.name = "good", .src = LP_U8, .dst = LP_U8, .in = 128, .out = 38, .kernel = 3, .gain = 1};
    lp_conv_spec bad[5];
    (void)unused;

#if defined(__x86_64__)
    assert_true(lp_op_dot.takes(&good, LP_CPU_AVX2 | LP_CPU_AVX_VNNI));
    assert_true(lp_op_dot.takes(&good, wide));
    assert_false(lp_op_dot.takes(&good, LP_CPU_AVX2 | LP_CPU_AVX512));
#elif defined(__aarch64__)
    assert_true(lp_op_dot.takes(&good, LP_CPU_NEON));
#endif
    assert_false(lp_op_dot.takes(&good, 0));
    for (int i = 0; i < 5; i++)
        bad[i] = good;
    bad[0].src = LP_F32;
    bad[1].src = LP_BF16;
    bad[2].dst = LP_BF16;
    bad[3].depthwise = 1;
    bad[4].kernel = 5;
    for (int i = 0; i < 5; i++)
        assert_false(lp_op_dot.takes(&bad[i], wide));
    good.dst = LP_F32;
    good.kernel = 1;
#if defined(__x86_64__)
    assert_true(lp_op_dot.takes(&good, LP_CPU_AVX2 | LP_CPU_AVX_VNNI));
#endif
}

/* Two allocations after the first in each of pack and create. */
static void failing_allocations_are_reported(void **unused) {
    static const conv_limits limits = {
        .src = LP_U8, .kernel = 1, .stride = 1, .in_step = 8, .most_in = 64, .most_out = 64, .most_cells = 60};
    conv_sample s;
    lp_op_instance instance;
    void *packed = NULL;
    (void)unused;

    conv_sample_make(&s, &limits);
    for (int nth = 1; nth <= 3; nth++) {
        lp_mem_fail_at(nth);
        assert_fails(pack_with(kernels[0], &s, &packed, error), LIGHTPOSE_ERROR_MEMORY, "sample");
        lp_mem_fail_at(0);
        assert_null(packed);
    }
    assert_ok(pack_with(kernels[0], &s, &packed, error));
    for (int nth = 1; nth <= 3; nth++) {
        lp_mem_fail_at(nth);
        assert_fails(lp_op_create(&lp_op_dot, &instance, &s.layer, packed, error), LIGHTPOSE_ERROR_MEMORY, "sample");
        lp_mem_fail_at(0);
        assert_null(instance.data);
    }
    lp_op_free_packed(&lp_op_dot, packed);
    lp_op_free_packed(&lp_op_dot, NULL);
    conv_sample_free(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(kernels_equal_plain_loops),
    cmocka_unit_test(sums_are_exact),
    cmocka_unit_test(huge_results_saturate),
    cmocka_unit_test(it_takes_what_it_can_do),
    cmocka_unit_test(failing_allocations_are_reported),
};

int main(void) {
    return cmocka_run_group_tests_name("dot", tests, NULL, NULL);
}
