/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which instruction stands for a CPU's peak, and that every one this CPU has can be measured. */

#include "check.h"

#include "base/cpu.h"
#include "peak.h"

#if defined(__x86_64__)

enum {
    AVX2 = LP_CPU_AVX2,
    AVX2_VNNI = AVX2 | LP_CPU_AVX_VNNI,
    SKYLAKE = AVX2 | LP_CPU_AVX512,
    CASCADE_LAKE = SKYLAKE | LP_CPU_AVX512_VNNI,
    ZEN4 = CASCADE_LAKE | LP_CPU_AVX512_BF16,
    SAPPHIRE_RAPIDS = ZEN4 | LP_CPU_AVX_VNNI | LP_CPU_AMX_INT8 | LP_CPU_AMX_BF16
};

static void assert_instruction(lightpose_precision precision, unsigned features, int tiles, const char *expected) {
    const char *const instruction = peak_instruction(precision, features, tiles);

    if (expected)
        assert_string_equal(instruction, expected);
    else
        assert_null(instruction);
}

static void int8_takes_the_widest_dot_product(void **state) {
    (void)state;
    assert_instruction(LIGHTPOSE_PRECISION_INT8, 0, 0, NULL);
    assert_instruction(LIGHTPOSE_PRECISION_INT8, AVX2, 0, "AVX2 vpmaddubsw");
    assert_instruction(LIGHTPOSE_PRECISION_INT8, AVX2_VNNI, 0, "AVX-VNNI vpdpbusd");
    assert_instruction(LIGHTPOSE_PRECISION_INT8, SKYLAKE, 0, "AVX-512 vpmaddubsw");
    assert_instruction(LIGHTPOSE_PRECISION_INT8, CASCADE_LAKE, 0, "AVX-512 vpdpbusd");
    assert_instruction(LIGHTPOSE_PRECISION_INT8, SAPPHIRE_RAPIDS, 1, "AMX tdpbusd");
}

static void bf16_needs_instructions_of_its_own(void **state) {
    (void)state;
    assert_instruction(LIGHTPOSE_PRECISION_BF16, CASCADE_LAKE, 0, NULL);
    assert_instruction(LIGHTPOSE_PRECISION_BF16, ZEN4, 0, "AVX-512 vdpbf16ps");
    assert_instruction(LIGHTPOSE_PRECISION_BF16, SAPPHIRE_RAPIDS, 1, "AMX tdpbf16ps");
}

static void f32_knows_no_tiles(void **state) {
    (void)state;
    assert_instruction(LIGHTPOSE_PRECISION_F32, AVX2_VNNI, 0, "AVX2 vfmadd");
    assert_instruction(LIGHTPOSE_PRECISION_F32, SAPPHIRE_RAPIDS, 1, "AVX-512 vfmadd");
}

static void without_permission_there_are_no_tiles(void **state) {
    (void)state;
    assert_instruction(LIGHTPOSE_PRECISION_INT8, SAPPHIRE_RAPIDS, 0, "AVX-512 vpdpbusd");
    assert_instruction(LIGHTPOSE_PRECISION_BF16, SAPPHIRE_RAPIDS, 0, "AVX-512 vdpbf16ps");
    assert_instruction(LIGHTPOSE_PRECISION_INT8, LP_CPU_AMX_INT8, 0, NULL);
}

#endif

/* A CPU that lacks an instruction would end the program here. */
static void every_peak_of_this_cpu_is_measured(void **state) {
    size_t i;
    json_t *peak, *const peaks = peak_all(1);

    (void)state;
    json_array_foreach(peaks, i, peak) {
        assert_true(json_real_value(json_object_get(peak, "gmac_per_s")) > 0.1);
    }
    for (int p = LIGHTPOSE_PRECISION_F32; p <= LIGHTPOSE_PRECISION_INT8; p++) {
        const lightpose_precision precision = (lightpose_precision)p;
        const int tiles = peak_request_tiles();
        const int known = peak_instruction(precision, lp_cpu_features(), tiles) != NULL;
        assert_int_equal(peak_measure(precision, 1) > 0, known);
    }
    json_decref(peaks);
}

static void tiles_are_refused_where_there_are_none(void **state) {
    (void)state;
    if (!(lp_cpu_features() & (LP_CPU_AMX_INT8 | LP_CPU_AMX_BF16)))
        assert_int_equal(peak_request_tiles(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#if defined(__x86_64__)
        cmocka_unit_test(int8_takes_the_widest_dot_product),
        cmocka_unit_test(bf16_needs_instructions_of_its_own),
        cmocka_unit_test(f32_knows_no_tiles),
        cmocka_unit_test(without_permission_there_are_no_tiles),
#endif
        cmocka_unit_test(every_peak_of_this_cpu_is_measured),
        cmocka_unit_test(tiles_are_refused_where_there_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
