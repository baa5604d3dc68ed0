/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 16 channels at a time, in 16-bit products that cannot overflow. A column is the bytes of three rows at one x, widened
 * and interleaved in pairs: (row 0, row 1) and (row 2, 0), so that one instruction multiplies and adds a pair.
 *
 * The interleaving works in 128-bit lanes: half h holds channels 8 l + 4 h + k in lane l, element k. */

#include "net/depthwise_kernel.h"

#include <immintrin.h>

#include "base/cpu.h"

static void place(int channel, int tap, int *at_weight, int *at_float) {
    const int lane = channel / 8, half = channel % 8 / 4, k = channel % 4, column = tap % 3, row = tap / 3;

    *at_float = 8 * half + 4 * lane + k;
    *at_weight = 64 * column + 32 * (row / 2) + 2 * *at_float + row % 2;
}

#define INLINE static inline __attribute__((always_inline))

typedef struct column {
    __m256i ab[2], c[2];
} column;

/* The sums of the 16 channels of an output so far. */
typedef struct sums {
    __m256i half[2];
} sums;

INLINE __m256i widen(const uint8_t *bytes) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)bytes));
}

INLINE column load_column(const lp_dw_row *row, int x) {
    const int inside = x >= 0 && x < row->source_width;
    const __m256i a = widen(inside ? row->rows[0] + x * row->steps[0] : row->outside);
    const __m256i b = widen(inside ? row->rows[1] + x * row->steps[1] : row->outside);
    const __m256i c = widen(inside ? row->rows[2] + x * row->steps[2] : row->outside);
    const __m256i zero = _mm256_setzero_si256();

    return (column){{_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)},
                    {_mm256_unpacklo_epi16(c, zero), _mm256_unpackhi_epi16(c, zero)}};
}

/* e^x - 1 for x <= 0, to about 2^-20: far below the step of a byte. */
INLINE __m256 elu(__m256 x) {
    const __m256 least = _mm256_max_ps(_mm256_min_ps(x, _mm256_setzero_ps()), _mm256_set1_ps(-20));
    const __m256i n = _mm256_cvtps_epi32(_mm256_mul_ps(least, _mm256_set1_ps(1.44269504F)));
    const __m256 r = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(n), _mm256_set1_ps(0.693147181F), least);
    __m256 p = _mm256_set1_ps(1.0F / 120);

    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0F / 24));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0F / 6));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1));
    const __m256 power = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
    const __m256 negative = _mm256_fmsub_ps(p, power, _mm256_set1_ps(1));
    return _mm256_blendv_ps(negative, x, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ));
}

INLINE __m256i tap(__m256i pairs, const int16_t *weights) {
    return _mm256_madd_epi16(pairs, _mm256_load_si256((const __m256i *)weights));
}

/* Adds a column to an output for which it is the left (0), middle (1) or right column (2). */
INLINE sums add(sums to, const column *from, const lp_dw_row *row, int which) {
    for (int half = 0; half < 2; half++) {
        const int16_t *const weights = (const int16_t *)row->weights + 64 * which + 16 * half;
        const __m256i both = _mm256_add_epi32(tap(from->ab[half], weights), tap(from->c[half], weights + 32));
        to.half[half] = _mm256_add_epi32(to.half[half], both);
    }
    return to;
}

INLINE void output(const lp_dw_row *row, sums sum, int x, int with_elu) {
    __m256i whole[2];

    for (int half = 0; half < 2; half++) {
        __m256 value = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum.half[half]), _mm256_load_ps(row->scale + 8 * half),
                                       _mm256_load_ps(row->bias + 8 * half));
        if (with_elu)
            value = _mm256_fmadd_ps(elu(value), _mm256_load_ps(row->gain + 8 * half), _mm256_set1_ps(row->shift));
        whole[half] = _mm256_cvtps_epi32(value);
    }
    const __m256i words = _mm256_packs_epi32(whole[0], whole[1]);
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(words, words), 0x08);
    _mm_storeu_si128((__m128i *)(row->target + x * row->target_step), _mm256_castsi256_si128(bytes));
}

/* Each column is added to its outputs as soon as it is loaded: their sums take fewer registers than stored columns
 * would. */
INLINE void run_elu(const lp_dw_row *row, int with_elu) {
    const sums zero = {{_mm256_setzero_si256(), _mm256_setzero_si256()}};
    const int d = row->dilation;

    if (row->stride == 2) {
        column at = load_column(row, -1);
        sums next = add(zero, &at, row, 0);
        for (int x = 0; x < row->width; x++) {
            at = load_column(row, 2 * x);
            next = add(next, &at, row, 1);
            at = load_column(row, 2 * x + 1);
            output(row, add(next, &at, row, 2), x, with_elu);
            next = add(zero, &at, row, 0);
        }
        return;
    }
    for (int phase = 0; phase < d; phase++) { /* outputs d apart share columns */
        column at = load_column(row, phase - d);
        sums next = add(zero, &at, row, 0);
        at = load_column(row, phase);
        sums after = add(zero, &at, row, 0);
        next = add(next, &at, row, 1);
        for (int x = phase; x < row->width; x += d) {
            at = load_column(row, x + d);
            output(row, add(next, &at, row, 2), x, with_elu);
            next = add(after, &at, row, 1);
            after = add(zero, &at, row, 0);
        }
    }
}

static void run(const lp_dw_row *row) {
    const lp_dw_row own = *row; /* a copy, which stores of bytes cannot alias, so it stays in registers */

    if (own.elu)
        run_elu(&own, 1);
    else
        run_elu(&own, 0);
}

const lp_dw_kernel lp_dw_avx2 = {.name = "lightpose:dw:avx2",
                                 .features = LP_CPU_AVX2,
                                 .block = 16,
                                 .taps = 12,
                                 .weight_bytes = 2,
                                 .place = place,
                                 .run = run};
