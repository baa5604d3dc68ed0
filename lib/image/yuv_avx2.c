/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/yuv.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE TARGET __attribute__((always_inline)) static inline

/* Columns at a time: two octets, each a register of 16 bits for the left and the right pixel of its columns. */
enum { GROUP = 2 * LP_OCTET };

/* The coefficients in every lane. */
typedef struct lanes {
    __m256i scale, blue_u, green_u, green_v, red_v, blue_bias, green_bias, red_bias;
} lanes;

typedef struct bgr16 {
    __m256i blue, green, red;
} bgr16;

/* How pixels are read: constants in each copy of the code below. */
typedef struct mode {
    lp_yuv_reading reading;
    int step;
} mode;

INLINE __m128i load16(const uint8_t *bytes) {
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

INLINE __m128i load8(const uint8_t *bytes) {
    return _mm_loadl_epi64((const __m128i *)(const void *)bytes);
}

INLINE int load4(const uint8_t *bytes) {
    int value;

    memcpy(&value, bytes, sizeof value);
    return value;
}

INLINE int load2(const uint8_t *bytes) {
    uint16_t value;

    memcpy(&value, bytes, sizeof value);
    return value;
}

/* The 16 bytes of luma for four columns. */
INLINE __m128i load_luma(const uint8_t *y, const int32_t *at, mode m) {
    if (m.reading == LP_YUV_WINDOW)
        return load16(y + at[0]);
    return _mm_setr_epi32(load4(y + at[0]), load4(y + at[1]), load4(y + at[2]), load4(y + at[3]));
}

/* Two samples of one plane for each of four columns, in the lower 8 bytes. */
INLINE __m128i load_pairs(const uint8_t *plane, const int32_t *at) {
    __m128i pairs = _mm_setzero_si128();

    pairs = _mm_insert_epi16(pairs, load2(plane + at[0]), 0);
    pairs = _mm_insert_epi16(pairs, load2(plane + at[1]), 1);
    pairs = _mm_insert_epi16(pairs, load2(plane + at[2]), 2);
    return _mm_insert_epi16(pairs, load2(plane + at[3]), 3);
}

/* The 8 pairs of chroma for four columns, U before V. */
INLINE __m128i load_chroma(const lp_yuv_source *s, const int32_t *at, mode m) {
    if (m.step == 2) {
        if (m.reading == LP_YUV_WINDOW)
            return load16(s->u + 2 * at[0]);
        return _mm_setr_epi32(load4(s->u + 2 * at[0]), load4(s->u + 2 * at[1]), load4(s->u + 2 * at[2]),
                              load4(s->u + 2 * at[3]));
    }
    if (m.reading == LP_YUV_WINDOW)
        return _mm_unpacklo_epi8(load8(s->u + at[0]), load8(s->v + at[0]));
    return _mm_unpacklo_epi8(load_pairs(s->u, at), load_pairs(s->v, at));
}

INLINE __m256i join(__m128i low, __m128i high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* The bytes that a table of an octet names, in the upper halves of 16 bits. */
INLINE __m256i pick(__m256i bytes, const uint8_t *table) {
    return _mm256_shuffle_epi8(bytes, _mm256_load_si256((const __m256i *)(const void *)table));
}

/* x * k >> 8 for a byte in the upper half. */
INLINE __m256i times(__m256i x, __m256i k) {
    return _mm256_mulhi_epu16(x, k);
}

/* Clamping at 0 is the subtraction's. */
INLINE __m256i level(__m256i plus, __m256i minus) {
    return _mm256_min_epi16(_mm256_srli_epi16(_mm256_subs_epu16(plus, minus), 6), _mm256_set1_epi16(255));
}

/* The pixels of an octet, left and right, as levels. */
INLINE bgr16 convert(const lp_yuv_source *s, const lp_yuv_octet *o, const lanes *k, mode m) {
    const __m256i luma_bytes = join(load_luma(s->y, o->luma, m), load_luma(s->y, o->luma + 4, m));
    const __m256i chroma = join(load_chroma(s, o->chroma, m), load_chroma(s, o->chroma + 4, m));
    const __m256i luma = times(pick(luma_bytes, o->y), k->scale), u = pick(chroma, o->u), v = pick(chroma, o->v);

    return (bgr16){
        level(_mm256_add_epi16(luma, times(u, k->blue_u)), k->blue_bias),
        level(_mm256_add_epi16(luma, k->green_bias), _mm256_add_epi16(times(u, k->green_u), times(v, k->green_v))),
        level(_mm256_add_epi16(luma, times(v, k->red_v)), k->red_bias)};
}

/* Eight columns each: across >> 4, in the order 0-3, 8-11, 4-7, 12-15. */
INLINE __m256i weigh(__m256i first, __m256i second, const __m256i *weights) {
    return _mm256_packs_epi32(_mm256_srli_epi32(_mm256_madd_epi16(first, weights[0]), 4),
                              _mm256_srli_epi32(_mm256_madd_epi16(second, weights[1]), 4));
}

INLINE bgr16 across(const lp_yuv_columns *columns, const lp_yuv_source *s, int i, const lanes *k, mode m) {
    const lp_yuv_octet *const octet = columns->octets + i / LP_OCTET;
    const __m256i *const weights = (const __m256i *)(const void *)(columns->columns.weights + 2 * i);
    const bgr16 first = convert(s, octet, k, m), second = convert(s, octet + 1, k, m);

    return (bgr16){weigh(first.blue, second.blue, weights), weigh(first.green, second.green, weights),
                   weigh(first.red, second.red, weights)};
}

INLINE __m256i down(__m256i above, __m256i below, __m256i upper_weight, __m256i lower_weight) {
    const __m256i sum =
        _mm256_add_epi16(_mm256_mulhi_epi16(above, upper_weight), _mm256_mulhi_epi16(below, lower_weight));

    return _mm256_srli_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(2)), 2);
}

/* 16 columns in the order of weigh, each level in 16 bits. */
INLINE void store(uint8_t *bgr, bgr16 p) {
    const __m256i drop_fourth =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const __m256i blue_green = _mm256_or_si256(p.blue, _mm256_slli_epi16(p.green, 8));
    const __m256i a = _mm256_shuffle_epi8(_mm256_unpacklo_epi16(blue_green, p.red), drop_fourth);
    const __m256i b = _mm256_shuffle_epi8(_mm256_unpackhi_epi16(blue_green, p.red), drop_fourth);

    /* Each writes 12 bytes and 4 that the next writes over. */
    _mm_storeu_si128((__m128i *)(void *)bgr, _mm256_castsi256_si128(a));
    _mm_storeu_si128((__m128i *)(void *)(bgr + 12), _mm256_extracti128_si256(a, 1));
    _mm_storeu_si128((__m128i *)(void *)(bgr + 24), _mm256_castsi256_si128(b));
    _mm_storeu_si128((__m128i *)(void *)(bgr + 36), _mm256_extracti128_si256(b, 1));
}

INLINE __m256i spread(unsigned value) {
    return _mm256_set1_epi16((int16_t)value);
}

INLINE void resample(const lp_yuv_columns *columns, const lp_row_tap *tap, const lp_yuv *yuv,
                     const lp_yuv_source *upper, const lp_yuv_source *lower, uint8_t *bgr, mode m) {
    const __m256i upper_weight = _mm256_set1_epi16(tap->upper_weight),
                  lower_weight = _mm256_set1_epi16(tap->lower_weight);
    const lanes k = {spread(yuv->scale), spread(yuv->blue_u),    spread(yuv->green_u),    spread(yuv->green_v),
                     spread(yuv->red_v), spread(yuv->blue_bias), spread(yuv->green_bias), spread(yuv->red_bias)};

    for (int i = 0; i < columns->columns.count; i += GROUP) {
        const bgr16 above = across(columns, upper, i, &k, m), below = across(columns, lower, i, &k, m);
        store(bgr + 3 * i, (bgr16){down(above.blue, below.blue, upper_weight, lower_weight),
                                   down(above.green, below.green, upper_weight, lower_weight),
                                   down(above.red, below.red, upper_weight, lower_weight)});
    }
}

TARGET void lp_yuv_resample_row_avx2(const lp_yuv_columns *columns, const lp_row_tap *tap, const lp_yuv *yuv,
                                     const lp_yuv_source *upper, const lp_yuv_source *lower, uint8_t *bgr) {
    const int interleaved = upper->step == 2;
    int done = columns->columns.count;

    if (columns->reading == LP_YUV_WINDOW && interleaved)
        resample(columns, tap, yuv, upper, lower, bgr, (mode){LP_YUV_WINDOW, 2});
    else if (columns->reading == LP_YUV_WINDOW)
        resample(columns, tap, yuv, upper, lower, bgr, (mode){LP_YUV_WINDOW, 1});
    else if (columns->reading == LP_YUV_APART && interleaved)
        resample(columns, tap, yuv, upper, lower, bgr, (mode){LP_YUV_APART, 2});
    else if (columns->reading == LP_YUV_APART)
        resample(columns, tap, yuv, upper, lower, bgr, (mode){LP_YUV_APART, 1});
    else
        done = 0;
    lp_yuv_resample_rest(columns, tap, yuv, upper, lower, done, bgr);
}

#endif
