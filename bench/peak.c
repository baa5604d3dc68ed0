/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "machine.h"

#include <string.h>

#include "base/cpu.h"
#include "base/time.h"

/* Twelve independent accumulators hide the latency of the instruction (4 to 5 cycles on 2 ports). The empty asm keeps
 * the compiler from folding the loop. */
enum { CHAINS = 12, ROUNDS = 2000000, LANES_F32 = 16, LANES_BF16 = 32, LANES_INT8 = 64 };

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static void run_f32_512(void) {
    __m512 sum[CHAINS];
    const __m512 factor = _mm512_set1_ps(0.5f);

#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
        sum[i] = _mm512_set1_ps((float)i);
    for (int round = 0; round < ROUNDS; round++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) {
            sum[i] = _mm512_fmadd_ps(sum[i], factor, factor);
            __asm__ volatile("" : "+v"(sum[i]));
        }
}

__attribute__((target("avx2,fma"))) static void run_f32_256(void) {
    __m256 sum[CHAINS];
    const __m256 factor = _mm256_set1_ps(0.5f);

#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
        sum[i] = _mm256_set1_ps((float)i);
    for (int round = 0; round < ROUNDS; round++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) {
            sum[i] = _mm256_fmadd_ps(sum[i], factor, factor);
            __asm__ volatile("" : "+x"(sum[i]));
        }
}

__attribute__((target("avx512f,avx512bf16"))) static void run_bf16(void) {
    __m512 sum[CHAINS];
    __m512bh factor;

    memset(&factor, 0x3f, sizeof factor);
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
        sum[i] = _mm512_setzero_ps();
    for (int round = 0; round < ROUNDS; round++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) {
            sum[i] = _mm512_dpbf16_ps(sum[i], factor, factor);
            __asm__ volatile("" : "+v"(sum[i]));
        }
}

__attribute__((target("avx512f,avx512vnni"))) static void run_int8(void) {
    __m512i sum[CHAINS];
    const __m512i factor = _mm512_set1_epi8(1);

#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
        sum[i] = _mm512_setzero_si512();
    for (int round = 0; round < ROUNDS; round++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) {
            sum[i] = _mm512_dpbusd_epi32(sum[i], factor, factor);
            __asm__ volatile("" : "+v"(sum[i]));
        }
}

__attribute__((target("avxvnni,avx2"))) static void run_int8_vnni_256(void) {
    __m256i sum[CHAINS];
    const __m256i factor = _mm256_set1_epi8(1);

#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
        sum[i] = _mm256_setzero_si256();
    for (int round = 0; round < ROUNDS; round++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) {
            sum[i] = _mm256_dpbusd_avx_epi32(sum[i], factor, factor);
            __asm__ volatile("" : "+x"(sum[i]));
        }
}

/* Without VNNI it takes three instructions: products in pairs to 16 bits, those in pairs to 32, and the sum. */
__attribute__((target("avx512f,avx512bw"))) static void run_int8_pairs_512(void) {
    __m512i sum[CHAINS];
    const __m512i ones = _mm512_set1_epi16(1);
    __m512i factor = _mm512_set1_epi8(1);

#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
        sum[i] = _mm512_setzero_si512();
    for (int round = 0; round < ROUNDS; round++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) {
            __asm__ volatile("" : "+v"(factor)); /* else the products are computed once, before the loop */
            __m512i pairs = _mm512_maddubs_epi16(factor, factor);
            __asm__ volatile("" : "+v"(pairs));
            sum[i] = _mm512_add_epi32(sum[i], _mm512_madd_epi16(pairs, ones));
            __asm__ volatile("" : "+v"(sum[i]));
        }
}

__attribute__((target("avx2"))) static void run_int8_pairs_256(void) {
    __m256i sum[CHAINS];
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i factor = _mm256_set1_epi8(1);

#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
        sum[i] = _mm256_setzero_si256();
    for (int round = 0; round < ROUNDS; round++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) {
            __asm__ volatile("" : "+x"(factor)); /* else the products are computed once, before the loop */
            __m256i pairs = _mm256_maddubs_epi16(factor, factor);
            __asm__ volatile("" : "+x"(pairs));
            sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(pairs, ones));
            __asm__ volatile("" : "+x"(sum[i]));
        }
}

/* The best of a few rounds, all threads at once: clocks settle, and other programs come and go. */
static double measure(void (*run)(void), int lanes, int threads) {
    double best = 0;

    for (int trial = 0; trial < 5; trial++) {
        const int64_t start = lp_now_ns();
#pragma omp parallel num_threads(threads)
        run();
        const double seconds = (double)(lp_now_ns() - start) / 1e9;
        const double rate = (double)lanes * CHAINS * ROUNDS * threads / seconds / 1e9;
        best = rate > best ? rate : best;
    }
    return best;
}

double machine_peak_of(lightpose_precision precision, int threads) {
    const unsigned features = lp_cpu_features();

    switch (precision) {
    case LIGHTPOSE_PRECISION_INT8:
        return features & LP_CPU_AVX512_VNNI ? measure(run_int8, LANES_INT8, threads)
               : features & LP_CPU_AVX_VNNI  ? measure(run_int8_vnni_256, LANES_INT8 / 2, threads)
               : features & LP_CPU_AVX512    ? measure(run_int8_pairs_512, LANES_INT8, threads)
               : features & LP_CPU_AVX2      ? measure(run_int8_pairs_256, LANES_INT8 / 2, threads)
                                             : 0;
    case LIGHTPOSE_PRECISION_BF16:
        return features & LP_CPU_AVX512_BF16 ? measure(run_bf16, LANES_BF16, threads) : 0;
    case LIGHTPOSE_PRECISION_F32:
    case LIGHTPOSE_PRECISION_AUTO:
        break;
    }
    return features & LP_CPU_AVX512 ? measure(run_f32_512, LANES_F32, threads)
           : features & LP_CPU_AVX2 ? measure(run_f32_256, LANES_F32 / 2, threads)
                                    : 0;
}

#else

double machine_peak_of(lightpose_precision precision, int threads) {
    (void)precision;
    (void)threads;
    return 0;
}

#endif
