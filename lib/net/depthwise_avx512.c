/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 64 channels at a time. A column is the bytes of three rows of one x, interleaved so that each 32-bit lane holds one
 * channel's three (and a fourth whose weight is zero): one VNNI instruction multiplies and sums them. Neighbouring
 * outputs share columns, so that an output costs one new column (two at stride 2).
 *
 * The interleaving works in 128-bit lanes: vector j holds channels 16 l + 4 j + k in lane l, element k; packing the
 * four back gives channels in order. */

#include "net/depthwise_kernel.h"

#include "base/cpu.h"

static void place(int channel, int tap, int *at_weight, int *at_float) {
    const int lane = channel / 16, j = channel % 16 / 4, k = channel % 4, column = tap % 3, row = tap / 3;

    *at_float = 16 * j + 4 * lane + k;
    *at_weight = 4 * (64 * column + *at_float) + row;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#define INLINE TARGET static inline __attribute__((always_inline))

typedef struct column {
    __m512i part[4];
} column;

INLINE column load_column(const lp_dw_row *row, int x, __mmask64 mask) {
    const __m512i a = _mm512_maskz_loadu_epi8(mask, lp_dw_cell(row, 0, x));
    const __m512i b = _mm512_maskz_loadu_epi8(mask, lp_dw_cell(row, 1, x));
    const __m512i c = _mm512_maskz_loadu_epi8(mask, lp_dw_cell(row, 2, x));
    const __m512i ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
    const __m512i c_low = _mm512_unpacklo_epi8(c, c), c_high = _mm512_unpackhi_epi8(c, c);

    return (column){{_mm512_unpacklo_epi16(ab_low, c_low), _mm512_unpackhi_epi16(ab_low, c_low),
                     _mm512_unpacklo_epi16(ab_high, c_high), _mm512_unpackhi_epi16(ab_high, c_high)}};
}

/* e^x - 1 for x <= 0, to about 2^-20: far below the step of a byte. */
INLINE __m512 elu(__m512 x) {
    const __m512 least = _mm512_max_ps(_mm512_min_ps(x, _mm512_setzero_ps()), _mm512_set1_ps(-20));
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(least, _mm512_set1_ps(1.44269504F)), 0);
    const __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693147181F), least);
    __m512 p = _mm512_set1_ps(1.0F / 120);

    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F / 24));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F / 6));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
    const __m512 negative = _mm512_sub_ps(_mm512_scalef_ps(p, n), _mm512_set1_ps(1));
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ), negative, x);
}

INLINE void output(const lp_dw_row *row, const column *left, const column *middle, const column *right, int x,
                   __mmask64 mask, int with_elu) {
    __m512i whole[4];

    for (int j = 0; j < 4; j++) {
        const int8_t *const weights = row->weights + 64 * j;
        __m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), left->part[j], _mm512_load_si512(weights));
        sum = _mm512_dpbusd_epi32(sum, middle->part[j], _mm512_load_si512(weights + 256));
        sum = _mm512_dpbusd_epi32(sum, right->part[j], _mm512_load_si512(weights + 512));
        __m512 value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_load_ps(row->scale + 16 * j),
                                       _mm512_load_ps(row->bias + 16 * j));
        if (with_elu)
            value = _mm512_fmadd_ps(elu(value), _mm512_load_ps(row->gain + 16 * j), _mm512_set1_ps(row->shift));
        whole[j] = _mm512_cvtps_epi32(value);
    }
    _mm512_mask_storeu_epi8(
        row->target + x * row->target_step, mask,
        _mm512_packus_epi16(_mm512_packs_epi32(whole[0], whole[1]), _mm512_packs_epi32(whole[2], whole[3])));
}

INLINE void run_elu(const lp_dw_row *row, int with_elu) {
    const __mmask64 mask = row->channels >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << row->channels) - 1;
    const int d = row->dilation;

    if (row->stride == 2) {
        column left = load_column(row, -1, mask);
        for (int x = 0; x < row->width; x++) {
            const column middle = load_column(row, 2 * x, mask), right = load_column(row, 2 * x + 1, mask);
            output(row, &left, &middle, &right, x, mask, with_elu);
            left = right;
        }
        return;
    }
    for (int phase = 0; phase < d; phase++) { /* columns d apart are shared */
        column a = load_column(row, phase - d, mask), b = load_column(row, phase, mask), c;
        for (int x = phase; x < row->width;) {
            c = load_column(row, x + d, mask);
            output(row, &a, &b, &c, x, mask, with_elu);
            if ((x += d) >= row->width)
                break;
            a = load_column(row, x + d, mask);
            output(row, &b, &c, &a, x, mask, with_elu);
            if ((x += d) >= row->width)
                break;
            b = load_column(row, x + d, mask);
            output(row, &c, &a, &b, x, mask, with_elu);
            x += d;
        }
    }
}

TARGET static void run(const lp_dw_row *row) {
    if (row->elu)
        run_elu(row, 1);
    else
        run_elu(row, 0);
}

const lp_dw_kernel lp_dw_avx512_vnni = {.name = "lightpose:dw:avx512_vnni",
                                        .features = LP_CPU_AVX512 | LP_CPU_AVX512_VNNI,
                                        .block = 64,
                                        .taps = 12,
                                        .weight_bytes = 1,
                                        .place = place,
                                        .run = run};
#else
const lp_dw_kernel lp_dw_avx512_vnni = {.features = ~0U, .block = 64, .taps = 12, .weight_bytes = 1, .place = place};
#endif
