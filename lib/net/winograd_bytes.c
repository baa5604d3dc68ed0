/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* winograd_kernel.c for bytes: 16-bit values, multiplied in pairs and added in 32 bits (vpmaddwd; VNNI's vpdpwssd adds
 * to the sum as well). */

#include "base/cpu.h"
#include "base/mem.h"
#include "net/byte_vectors.h"

/* WANTS_PREFETCH: with one instruction instead of two, the hardware does not prefetch the weights, which come from the
 * last-level cache or from memory, fast enough by itself (measured: 6 % of a layer). */
#if defined(__AVX512VNNI__)
#define KERNEL lp_winograd_bytes_vnni
enum { ROWS = 12, FEATURES = LP_CPU_AVX512 | LP_CPU_AVX512_VNNI, WANTS_PREFETCH = 1 };
#define NAME                    "lightpose:winograd:u8:avx512_vnni"
#define MULTIPLY_ADD(sum, a, b) ((sums)_mm512_dpwssd_epi32((__m512i)(sum), (__m512i)(a), (__m512i)(b)))
#elif defined(__AVX512F__)
#define KERNEL                  lp_winograd_bytes_avx512
enum { ROWS = 12, FEATURES = LP_CPU_AVX512, WANTS_PREFETCH = 0 };
#define NAME                    "lightpose:winograd:u8:avx512"
#define MULTIPLY_ADD(sum, a, b) ((sum) + (sums)_mm512_madd_epi16((__m512i)(a), (__m512i)(b)))
#else
#define KERNEL                  lp_winograd_bytes_avx2
enum { ROWS = 6, FEATURES = LP_CPU_AVX2, WANTS_PREFETCH = 0 };
#define NAME                    "lightpose:winograd:u8:avx2"
#define MULTIPLY_ADD(sum, a, b) ((sum) + (sums)_mm256_madd_epi16((__m256i)(a), (__m256i)(b)))
#endif

#define A 1
#define B 2
typedef int16_t source_value;
typedef shorts source_vector;
typedef int32_t product_value;

#include "net/winograd_blocks.h"

/* ---- Source ------------------------------------------------------------------------------------------------------ */

INLINE shorts load_source(const void *cell, int channel) {
    const __m256i *const from = (const __m256i *)((const uint8_t *)cell + channel);
#if defined(__AVX512F__)
    return (shorts)_mm512_cvtepu8_epi16(_mm256_loadu_si256(from));
#else
    return (shorts)_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)from));
#endif
}

/* Exact in 16 bits. */
INLINE void source_pass(const shorts *x, shorts *t, int step) {
    const shorts x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
    const shorts even_a = x4 - (x2 << 2), odd_a = x3 - (x1 << 2);
    const shorts even_b = x4 - x2, odd_b = (x3 - x1) << 1;

    t[0] = ((x0 - x2) << 2) - x2 + x4;
    t[step] = even_a + odd_a;
    t[2 * step] = even_a - odd_a;
    t[3 * step] = even_b + odd_b;
    t[4 * step] = even_b - odd_b;
    t[5 * step] = ((x1 - x3) << 2) - x3 + x5;
}

/* ---- Products ---------------------------------------------------------------------------------------------------- */

/* Prefetches the cache line of the next panel at the place of `weights` in this one. Beyond the last panel it is
 * harmless. */
INLINE void fetch_ahead(const int16_t *weights, int in) {
    for (int i = 0; WANTS_PREFETCH && i < 2 * COLUMNS; i += LP_ALIGN / (int)sizeof *weights)
        _mm_prefetch((const char *)(weights + in * COLUMNS + i), _MM_HINT_T0);
}

/* Multiplies two source channels at a time. */
INLINE void multiply_block(const int16_t *source, const int16_t *weights, int32_t *products, int in, const int rows) {
    sums low[ROWS], high[ROWS];

#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
        low[r] = high[r] = (sums){0};
    for (int i = 0; i < in; i += 2, weights += 2 * COLUMNS) {
        const sums w0 = load_sums(weights), w1 = load_sums(weights + 2 * LANES);
        fetch_ahead(weights, in);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            int32_t pair;
            memcpy(&pair, source + (size_t)r * (size_t)in + (size_t)i, sizeof pair);
            const sums both = (sums){0} + pair;
            low[r] = MULTIPLY_ADD(low[r], both, w0);
            high[r] = MULTIPLY_ADD(high[r], both, w1);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++, products += COLUMNS) {
        store_sums(products, low[r]);
        store_sums(products + LANES, high[r]);
    }
}

/* ---- Outputs ----------------------------------------------------------------------------------------------------- */

INLINE floats load_products(const int32_t *at, const float *scale) {
    return __builtin_convertvector(load_sums(at), floats) * load_floats(scale);
}

INLINE void store_output(const lp_winograd_output *output, int cell, int at, floats value) {
    const floats zero = {0}, factor = zero + output->factor, shift = zero + output->shift;

    if (output->added)
        value += factor * load_bytes((const uint8_t *)output->added[cell] + at);
    store_bytes((uint8_t *)output->cells[cell] + at, value + shift);
}

const lp_winograd_kernel KERNEL = WINOGRAD_KERNEL;
