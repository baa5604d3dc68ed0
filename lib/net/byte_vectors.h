/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Vectors of the instruction set for which a file is compiled, AVX-512 or AVX2, and conversions between bytes, sums of
 * their products and floats. For the byte kernels: winograd_bytes.c, pointwise_kernel.c. */

#ifndef LP_NET_BYTE_VECTORS_H
#define LP_NET_BYTE_VECTORS_H

#include <immintrin.h>

/* 32-bit values in a vector. */
#if defined(__AVX512F__)
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif

#include "net/vectors.h"

typedef int16_t shorts __attribute__((vector_size(2 * LANES * sizeof(int16_t))));

INLINE floats load_bytes(const uint8_t *from) {
#if defined(__AVX512F__)
    return (floats)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)from)));
#else
    return (floats)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)from)));
#endif
}

#if !defined(__AVX512F__)
/* Rounds to the nearest, halves to even. Clamping to 255 first prevents a conversion to a negative number. */
INLINE __m256i whole_bytes(floats v) {
    return _mm256_cvtps_epi32(_mm256_min_ps((__m256)v, _mm256_set1_ps(255)));
}
#endif

/* Rounds to the nearest, halves to even, and saturates. */
INLINE void store_bytes(uint8_t *to, floats v) {
#if defined(__AVX512F__)
    const __m512 held = _mm512_max_ps(_mm512_min_ps((__m512)v, _mm512_set1_ps(255)), _mm512_setzero_ps());
    _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(held)));
#else
    const __m256i whole = whole_bytes(v);
    const __m128i halves = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
    _mm_storel_epi64((__m128i *)to, _mm_packus_epi16(halves, halves));
#endif
}

/* e^x - 1 for x <= 0, else x; to about 2^-20, far below the step of a byte. Adding 1.5 * 2^23 rounds to an integer,
 * which is then in the lowest bits. */
INLINE floats elu(floats x) {
    const floats zero = {0}, whole = zero + 0x1.8p23f;
    const sums positive = x > zero, deep = x < zero - 20;
    const floats least = (floats)(((sums)(zero - 20) & deep) | ((sums)x & ~deep & ~positive));
    const floats shifted = least * 1.44269504F + whole;
    const floats r = least - (shifted - whole) * 0.693147181F;
    const floats p = ((((r * (1.0F / 120) + 1.0F / 24) * r + 1.0F / 6) * r + 0.5F) * r + 1) * r + 1;
    const floats negative = (floats)((sums)p + ((sums)shifted << 23)) - 1;

    return (floats)(((sums)x & positive) | ((sums)negative & ~positive));
}

#endif
