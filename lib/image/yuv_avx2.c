/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/yuv.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx2")))

enum { GROUP = 32 }; /* pixels at a time */

/* The coefficients in every lane, and what the terms of a group share. mulhrs(a, b) is (a * b + 2^14) >> 15: with luma
 * shifted by 7 and chroma by 8 its products are the terms of the definition. Where a sum saturates at 16 bits, it is
 * beyond 255 and is clamped anyway. */
typedef struct lanes {
    __m256i black, scale, blue_u, green_u, green_v, red_v;
} lanes;

/* Chroma of a group, 16 samples in the upper bytes of 16 bits, less 128. */
typedef struct chroma {
    __m256i u, v;
} chroma;

TARGET static inline lanes make_lanes(const lp_yuv *yuv) {
    return (lanes){_mm256_set1_epi16((int16_t)(yuv->black << 7)),
                   _mm256_set1_epi16(yuv->scale),
                   _mm256_set1_epi16(yuv->blue_u),
                   _mm256_set1_epi16(yuv->green_u),
                   _mm256_set1_epi16(yuv->green_v),
                   _mm256_set1_epi16(yuv->red_v)};
}

TARGET static inline chroma load_interleaved(const uint8_t *uv) {
    const __m256i both = _mm256_loadu_si256((const __m256i *)(const void *)uv), middle = _mm256_set1_epi16(INT16_MIN);

    return (chroma){_mm256_xor_si256(_mm256_slli_epi16(both, 8), middle),
                    _mm256_xor_si256(_mm256_and_si256(both, _mm256_set1_epi16((int16_t)0xff00)), middle)};
}

TARGET static inline __m256i widen(const uint8_t *samples) {
    const __m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)samples));

    return _mm256_xor_si256(_mm256_slli_epi16(wide, 8), _mm256_set1_epi16(INT16_MIN));
}

/* 16 values of luma with 6 bits of fraction, and the half that rounds. `shifted` is Y << 8. */
TARGET static inline __m256i luma(__m256i shifted, const lanes *k) {
    const __m256i y = _mm256_sub_epi16(_mm256_srli_epi16(shifted, 1), k->black);

    return _mm256_add_epi16(_mm256_mulhrs_epi16(y, k->scale), _mm256_set1_epi16(32));
}

/* 32 levels of a channel: luma of the lower and upper pixels of each half, and a term per chroma sample. */
TARGET static inline __m256i levels(__m256i luma_low, __m256i luma_high, __m256i term) {
    const __m256i low = _mm256_adds_epi16(luma_low, _mm256_unpacklo_epi16(term, term));
    const __m256i high = _mm256_adds_epi16(luma_high, _mm256_unpackhi_epi16(term, term));

    return _mm256_packus_epi16(_mm256_srai_epi16(low, 6), _mm256_srai_epi16(high, 6));
}

TARGET static inline void store(uint8_t *bgrx, __m256i blue, __m256i green, __m256i red) {
    __m256i *const out = (__m256i *)(void *)bgrx;
    const __m256i zero = _mm256_setzero_si256();
    const __m256i bg_low = _mm256_unpacklo_epi8(blue, green), bg_high = _mm256_unpackhi_epi8(blue, green);
    const __m256i rx_low = _mm256_unpacklo_epi8(red, zero), rx_high = _mm256_unpackhi_epi8(red, zero);
    const __m256i a = _mm256_unpacklo_epi16(bg_low, rx_low), b = _mm256_unpackhi_epi16(bg_low, rx_low);
    const __m256i c = _mm256_unpacklo_epi16(bg_high, rx_high), d = _mm256_unpackhi_epi16(bg_high, rx_high);

    _mm256_storeu_si256(out, _mm256_permute2x128_si256(a, b, 0x20));
    _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(c, d, 0x20));
    _mm256_storeu_si256(out + 2, _mm256_permute2x128_si256(a, b, 0x31));
    _mm256_storeu_si256(out + 3, _mm256_permute2x128_si256(c, d, 0x31));
}

TARGET static inline void convert(const lanes *k, const uint8_t *y, chroma c, uint8_t *bgrx) {
    const __m256i zero = _mm256_setzero_si256(), luma8 = _mm256_loadu_si256((const __m256i *)(const void *)y);
    const __m256i low = luma(_mm256_unpacklo_epi8(zero, luma8), k), high = luma(_mm256_unpackhi_epi8(zero, luma8), k);
    const __m256i blue = _mm256_mulhrs_epi16(c.u, k->blue_u), red = _mm256_mulhrs_epi16(c.v, k->red_v);
    const __m256i green = _mm256_sub_epi16(
        zero, _mm256_add_epi16(_mm256_mulhrs_epi16(c.u, k->green_u), _mm256_mulhrs_epi16(c.v, k->green_v)));

    store(bgrx, levels(low, high, blue), levels(low, high, green), levels(low, high, red));
}

TARGET void lp_yuv_row_avx2(const lp_yuv *yuv, const uint8_t *y, const uint8_t *u, const uint8_t *v, int chroma_step,
                            int width, uint8_t *bgrx) {
    const lanes k = make_lanes(yuv);
    int x = 0;

    for (; x + GROUP <= width; x += GROUP)
        convert(&k, y + x, chroma_step == 2 ? load_interleaved(u + x) : (chroma){widen(u + x / 2), widen(v + x / 2)},
                bgrx + 4 * x);
    if (x < width) {
        /* The rest through copies, so that nothing is read beyond the row. */
        const size_t rest = (size_t)(width - x), samples = (rest + 1) / 2 * (size_t)chroma_step;
        uint8_t last_y[GROUP] = {0}, last_u[GROUP] = {0}, last_v[GROUP / 2] = {0};
        memcpy(last_y, y + x, rest);
        memcpy(last_u, u + x / 2 * chroma_step, samples);
        if (chroma_step == 1)
            memcpy(last_v, v + x / 2, samples);
        convert(&k, last_y, chroma_step == 2 ? load_interleaved(last_u) : (chroma){widen(last_u), widen(last_v)},
                bgrx + 4 * x);
    }
}

#endif
