/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/resample.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

/* 8 bytes hold the two source pixels of a column. The masks widen the two bytes of each channel to adjacent 16-bit
 * values, in the order blue, green, red, unused. They read the lower and the upper 8 bytes of each register half. */
typedef struct masks {
    __m256i low, high;
} masks;

TARGET static masks make_masks(const lp_columns *columns) {
    const int channel[3] = {columns->pixel.blue, columns->pixel.green, columns->pixel.red};
    int8_t low[16], high[16];

    for (int i = 0; i < 16; i++)
        low[i] = high[i] = -1;
    for (int c = 0; c < 3; c++)
        for (int right = 0; right < 2; right++) {
            const int byte = channel[c] + right * columns->next;
            low[4 * c + 2 * right] = (int8_t)byte;
            high[4 * c + 2 * right] = (int8_t)(byte + 8);
        }
    return (masks){_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)low)),
                   _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)high))};
}

TARGET static inline __m128i load_two(const uint8_t *row, int first, int second) {
    const __m128i low = _mm_loadl_epi64((const __m128i *)(const void *)(row + first));

    return _mm_castpd_si128(_mm_loadh_pd(_mm_castsi128_pd(low), (const double *)(const void *)(row + second)));
}

/* Four columns of a row, across >> 4 in 16 bits: columns 0 and 2, then 1 and 3, four lanes each. */
TARGET static inline __m256i across(const uint8_t *row, const int32_t *offsets, __m256i weights01, __m256i weights23,
                                    masks m) {
    const __m256i pixels = _mm256_inserti128_si256(_mm256_castsi128_si256(load_two(row, offsets[0], offsets[2])),
                                                   load_two(row, offsets[1], offsets[3]), 1);
    const __m256i sum01 = _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, m.low), weights01);
    const __m256i sum23 = _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, m.high), weights23);

    return _mm256_packs_epi32(_mm256_srli_epi32(sum01, 4), _mm256_srli_epi32(sum23, 4));
}

typedef struct rows {
    const uint8_t *upper, *lower;
    __m256i upper_weight, lower_weight;
} rows;

/* Four columns, in the order of across, as levels in 16 bits. */
TARGET static inline __m256i four(const lp_columns *columns, int i, const rows *r, masks m) {
    const __m256i *const weights = (const __m256i *)(const void *)(columns->weights + 2 * LP_PACKED_PAIRS * i);
    const __m256i weights01 = _mm256_loadu_si256(weights), weights23 = _mm256_loadu_si256(weights + 1);
    const int32_t *const offsets = columns->offsets + i;
    const __m256i upper = across(r->upper, offsets, weights01, weights23, m);
    const __m256i lower = across(r->lower, offsets, weights01, weights23, m);
    const __m256i down =
        _mm256_add_epi16(_mm256_mulhi_epi16(upper, r->upper_weight), _mm256_mulhi_epi16(lower, r->lower_weight));

    return _mm256_srai_epi16(_mm256_add_epi16(down, _mm256_set1_epi16(2)), 2);
}

enum { GROUP = 8 };

TARGET static inline void eight(const lp_columns *columns, int i, const rows *r, masks m, uint8_t *bgr) {
    const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i drop_fourth =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const __m256i levels = _mm256_packus_epi16(four(columns, i, r, m), four(columns, i + 4, r, m));
    const __m256i packed = _mm256_shuffle_epi8(_mm256_permutevar8x32_epi32(levels, in_order), drop_fourth);

    /* Each store writes 12 bytes and 4 more, which the next one overwrites. */
    _mm_storeu_si128((__m128i *)(void *)(bgr + 3 * i), _mm256_castsi256_si128(packed));
    _mm_storeu_si128((__m128i *)(void *)(bgr + 3 * i + 12), _mm256_extracti128_si256(packed, 1));
}

TARGET void lp_resample_row_avx2(const lp_columns *columns, const lp_row_tap *tap, const uint8_t *upper,
                                 const uint8_t *lower, uint8_t *bgr) {
    const rows r = {upper, lower, _mm256_set1_epi16(tap->upper_weight), _mm256_set1_epi16(tap->lower_weight)};
    const masks m = make_masks(columns);
    int i = 0;

    for (; i + GROUP <= columns->wide; i += GROUP)
        eight(columns, i, &r, m, bgr);
    if (i && i < columns->wide) {
        /* The last group overlaps the one before it. */
        eight(columns, columns->wide - GROUP, &r, m, bgr);
        i = columns->wide;
    }
    lp_resample_rest(columns, tap, upper, lower, i, bgr);
}

#endif
