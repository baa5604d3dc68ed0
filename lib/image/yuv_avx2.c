/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/yuv.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE TARGET __attribute__((always_inline)) static inline

enum { LANES = 16 };

INLINE __m128i load16(const void *bytes) {
    return _mm_loadu_si128((const __m128i *)bytes);
}

INLINE __m128i load8(const void *bytes) {
    return _mm_loadl_epi64((const __m128i *)bytes);
}

INLINE int load4(const void *bytes) {
    int value;

    memcpy(&value, bytes, sizeof value);
    return value;
}

INLINE void store32(int16_t *out, __m256i values) {
    _mm256_storeu_si256((__m256i *)(void *)out, values);
}

INLINE __m256i join(__m128i low, __m128i high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

INLINE __m256i broadcast(int value) {
    return _mm256_set1_epi16((int16_t)value);
}

/* Multiplies a - b by -16 lower, because 16 bits hold -16 * 2048 but not 16 * 2048. The rounding is that of yuv.h. */
INLINE __m256i down(__m128i upper, __m128i lower, __m256i minus_weight) {
    const __m256i a = _mm256_slli_epi16(_mm256_cvtepu8_epi16(upper), 7);
    const __m256i b = _mm256_slli_epi16(_mm256_cvtepu8_epi16(lower), 7);

    return _mm256_add_epi16(a, _mm256_mulhrs_epi16(_mm256_sub_epi16(a, b), minus_weight));
}

/* `count` bytes, at least 2 x LANES; the last group overlaps the one before it. */
INLINE void down_bytes(const uint8_t *upper, const uint8_t *lower, int count, int lower_weight, int16_t *out) {
    const __m256i weight = broadcast(-16 * lower_weight);
    const int last = count - 2 * LANES;

    for (int next = 0; next < count; next += 2 * LANES) {
        const int i = next < last ? next : last;
        store32(out + i, down(load16(upper + i), load16(lower + i), weight));
        store32(out + i + LANES, down(load16(upper + i + LANES), load16(lower + i + LANES), weight));
    }
}

INLINE __m128i load_pairs(const uint8_t *u, const uint8_t *v) {
    return _mm_unpacklo_epi8(load8(u), load8(v));
}

/* The same for `count` samples of two planes, at least LANES. */
INLINE void down_planes(lp_yuv_row upper, lp_yuv_row lower, int count, int lower_weight, int16_t *out) {
    const __m256i weight = broadcast(-16 * lower_weight);
    const int last = count - LANES, middle = LANES / 2;

    for (int next = 0; next < count; next += LANES) {
        const int i = next < last ? next : last, j = i + middle;
        store32(out + 2 * i, down(load_pairs(upper.u + i, upper.v + i), load_pairs(lower.u + i, lower.v + i), weight));
        store32(out + 2 * j, down(load_pairs(upper.u + j, upper.v + j), load_pairs(lower.u + j, lower.v + j), weight));
    }
}

INLINE void down_rows(const lp_yuv_rows *rows, lp_yuv_scratch_rows out) {
    const int half = rows->width / 2 + rows->width % 2;

    if (rows->width < 2 * LANES) {
        lp_yuv_down(rows, &out);
        return;
    }
    down_bytes(rows->upper.y, rows->lower.y, rows->width, rows->luma_weight, out.luma);
    if (rows->step == 2)
        down_bytes(rows->upper.u, rows->lower.u, 2 * half, rows->chroma_weight, out.chroma);
    else
        down_planes(rows->upper, rows->lower, half, rows->chroma_weight, out.chroma);
}

/* Y of eight columns in 32 bits. */
INLINE __m256i luma_across(const int16_t *row, const lp_columns *columns, int i) {
    const int32_t *const at = columns->offsets + i;
    const __m128i low = _mm_setr_epi32(load4(row + at[0]), load4(row + at[1]), load4(row + at[2]), load4(row + at[3]));
    const __m128i high = _mm_setr_epi32(load4(row + at[4]), load4(row + at[5]), load4(row + at[6]), load4(row + at[7]));
    const __m256i weights = _mm256_loadu_si256((const __m256i *)(const void *)(columns->weights + 2 * i));

    return _mm256_srli_epi32(_mm256_madd_epi16(join(low, high), weights), 10);
}

INLINE __m128i load_two(const int16_t *row, const int32_t *at) {
    const __m128d low = _mm_castsi128_pd(load8(row + at[0]));

    return _mm_castpd_si128(_mm_loadh_pd(low, (const double *)(const void *)(row + at[1])));
}

/* U and V alternating, in 32 bits, of columns i, i + 1, i + 4 and i + 5. */
INLINE __m256i chroma_across(const int16_t *row, const lp_columns *columns, int i) {
    const __m256i uuvv =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15));
    const int32_t *const at = columns->offsets + i;
    const int16_t *const w = columns->weights + 2 * LP_CHROMA_PAIRS * i;
    const __m256i samples = join(load_two(row, at), load_two(row, at + 4));
    const __m256i weights = join(load16(w), load16(w + 8 * LP_CHROMA_PAIRS));

    return _mm256_srli_epi32(_mm256_madd_epi16(_mm256_shuffle_epi8(samples, uuvv), weights), 10);
}

typedef struct chroma32 {
    __m256i u, v;
} chroma32;

/* Eight columns. */
INLINE chroma32 chroma_eight(const int16_t *row, const lp_columns *columns, int i) {
    const __m256 a = _mm256_castsi256_ps(chroma_across(row, columns, i));
    const __m256 b = _mm256_castsi256_ps(chroma_across(row, columns, i + 2));

    return (chroma32){_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88)),
                      _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xdd))};
}

/* Each coefficient in all lanes of a vector. */
typedef struct lanes {
    __m256i scale, blue_u, green_u, green_v, red_v, blue_bias, green_bias, red_bias;
} lanes;

INLINE __m256i times(__m256i x, __m256i k) {
    return _mm256_mulhi_epu16(x, k);
}

/* The saturating subtraction clamps at 0. */
INLINE __m256i level(__m256i plus, __m256i minus) {
    return _mm256_min_epi16(_mm256_srli_epi16(_mm256_subs_epu16(plus, minus), 6), _mm256_set1_epi16(255));
}

/* Sixteen columns in the order 0-3, 8-11, 4-7, 12-15, each level in 16 bits. */
INLINE void store(uint8_t *bgr, __m256i blue, __m256i green, __m256i red) {
    const __m256i drop_fourth =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const __m256i blue_green = _mm256_or_si256(blue, _mm256_slli_epi16(green, 8));
    const __m256i a = _mm256_shuffle_epi8(_mm256_unpacklo_epi16(blue_green, red), drop_fourth);
    const __m256i b = _mm256_shuffle_epi8(_mm256_unpackhi_epi16(blue_green, red), drop_fourth);

    /* Each store writes 12 bytes and 4 more, which the next one overwrites. */
    _mm_storeu_si128((__m128i *)(void *)bgr, _mm256_castsi256_si128(a));
    _mm_storeu_si128((__m128i *)(void *)(bgr + 12), _mm256_extracti128_si256(a, 1));
    _mm_storeu_si128((__m128i *)(void *)(bgr + 24), _mm256_castsi256_si128(b));
    _mm_storeu_si128((__m128i *)(void *)(bgr + 36), _mm256_extracti128_si256(b, 1));
}

TARGET void lp_yuv_resample_row_avx2(const lp_yuv_columns *columns, const lp_yuv_rows *rows, const lp_yuv *yuv,
                                     int16_t *scratch, uint8_t *bgr) {
    const lp_yuv_scratch_rows row = lp_yuv_scratch_at(scratch, rows->width);
    const lp_columns luma = columns->luma, chroma = columns->chroma;
    const lanes k = {broadcast(yuv->scale),      broadcast(yuv->blue_u),  broadcast(yuv->green_u),
                     broadcast(yuv->green_v),    broadcast(yuv->red_v),   broadcast(yuv->blue_bias),
                     broadcast(yuv->green_bias), broadcast(yuv->red_bias)};

    down_rows(rows, row);
    for (int i = 0; i < luma.count; i += LANES) {
        const chroma32 first = chroma_eight(row.chroma, &chroma, i), second = chroma_eight(row.chroma, &chroma, i + 8);
        const __m256i u = _mm256_packus_epi32(first.u, second.u), v = _mm256_packus_epi32(first.v, second.v);
        const __m256i y =
            times(_mm256_packus_epi32(luma_across(row.luma, &luma, i), luma_across(row.luma, &luma, i + 8)), k.scale);
        store(bgr + 3 * i, level(_mm256_add_epi16(y, times(u, k.blue_u)), k.blue_bias),
              level(_mm256_add_epi16(y, k.green_bias), _mm256_add_epi16(times(u, k.green_u), times(v, k.green_v))),
              level(_mm256_add_epi16(y, times(v, k.red_v)), k.red_bias));
    }
}

#endif
