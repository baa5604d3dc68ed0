/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Vectors for the kernels of byte products (dot_kernel.c, depthwise_dot.c) in several forms: 128 bits with NEON, 256
 * with AVX-VNNI or with AVX-512 VNNI (LP_NARROW), 512 with AVX-512 VNNI, and plain C of each width (LP_MODEL: its
 * lanes).
 *
 * All forms give the same values, bit for bit. So a multiplication followed by an addition is written as multiply_add,
 * which always rounds once; the compiler would fuse a plain a * b + c only in some builds. */

#ifndef LP_NET_DOT_VECTORS_H
#define LP_NET_DOT_VECTORS_H

#include <stdint.h>

#if defined(LP_MODEL)
#include <math.h>
enum { LANES = LP_MODEL };
#elif defined(__aarch64__)
#include <arm_neon.h>
enum { LANES = 4 };
#elif defined(__AVX512VNNI__) && !defined(LP_NARROW)
#include <immintrin.h>
#define LP_512
enum { LANES = 16 };
#else
#include <immintrin.h>
enum { LANES = 8 };
#endif

/* LANES: 32-bit values in a vector. A quarter of them is a 128-bit lane, in which packing and interleaving work. */
enum { VECTOR_BYTES = 4 * LANES, QUARTERS = LANES / 4 };

typedef uint8_t bytes __attribute__((vector_size(VECTOR_BYTES)));
typedef int16_t words __attribute__((vector_size(VECTOR_BYTES)));

#if defined(LP_MODEL)
#define INLINE static inline /* with forced inlining, the loops over lanes would take minutes to compile */
#else
#define INLINE static inline __attribute__((always_inline))
#endif

#include "net/vectors.h"

INLINE bytes load_bytes(const uint8_t *from) {
    bytes v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* The same four bytes in every lane. */
INLINE sums broadcast(const uint8_t *from) {
    int32_t four;
    memcpy(&four, from, sizeof four);
    return (sums){0} + four;
}

INLINE floats to_floats(sums v) {
    return __builtin_convertvector(v, floats);
}

#if defined(LP_MODEL)

/* Adds four products of unsigned and signed bytes in each lane; wraps, and never saturates. */
INLINE sums dot(sums total, sums source, sums weights) {
    const bytes u = (bytes)source, s = (bytes)weights;
    for (int i = 0; i < VECTOR_BYTES; i++)
        total[i / 4] += u[i] * (int8_t)s[i];
    return total;
}

/* a * b + c, rounded once. */
INLINE floats multiply_add(floats a, floats b, floats c) {
    floats v;
    for (int i = 0; i < LANES; i++)
        v[i] = fmaf(a[i], b[i], c[i]);
    return v;
}

INLINE floats greater(floats a, floats b) {
    floats v;
    for (int i = 0; i < LANES; i++)
        v[i] = a[i] > b[i] ? a[i] : b[i];
    return v;
}

INLINE floats lesser(floats a, floats b) {
    floats v;
    for (int i = 0; i < LANES; i++)
        v[i] = a[i] < b[i] ? a[i] : b[i];
    return v;
}

/* Rounds to the nearest, halves to even; INT32_MIN for values beyond 32 bits. */
INLINE sums to_whole(floats a) {
    sums v;
    for (int i = 0; i < LANES; i++)
        v[i] = fabsf(a[i]) < 0x1p31f ? (int32_t)rintf(a[i]) : INT32_MIN;
    return v;
}

/* In each 128-bit lane four values of a, then four of b, saturated. */
INLINE words pack_sums(sums a, sums b) {
    words v;
    for (int i = 0; i < 2 * LANES; i++) {
        const int32_t from = (i % 8 < 4 ? a : b)[i / 8 * 4 + i % 4];
        v[i] = (int16_t)(from < INT16_MIN ? INT16_MIN : from > INT16_MAX ? INT16_MAX : from);
    }
    return v;
}

/* In each 128-bit lane eight values of a, then eight of b, saturated to 0..255. */
INLINE bytes pack_words(words a, words b) {
    bytes v;
    for (int i = 0; i < VECTOR_BYTES; i++) {
        const int16_t from = (i % 16 < 8 ? a : b)[i / 16 * 8 + i % 8];
        v[i] = (uint8_t)(from < 0 ? 0 : from > 255 ? 255 : from);
    }
    return v;
}

/* Lane i of the result is lane order[i]. */
INLINE sums permute(sums a, sums order) {
    sums v;
    for (int i = 0; i < LANES; i++)
        v[i] = a[order[i]];
    return v;
}

/* In each 128-bit lane, alternates elements of a and b from its lower or upper half. */
INLINE bytes interleave_bytes(bytes a, bytes b, int upper) {
    bytes v;
    for (int i = 0; i < VECTOR_BYTES; i++)
        v[i] = (i % 2 ? b : a)[i / 16 * 16 + 8 * upper + i % 16 / 2];
    return v;
}

INLINE bytes interleave_words(bytes low, bytes high, int upper) {
    const words a = (words)low, b = (words)high;
    words v;
    for (int i = 0; i < 2 * LANES; i++)
        v[i] = (i % 2 ? b : a)[i / 8 * 8 + 4 * upper + i % 8 / 2];
    return (bytes)v;
}

/* Converts LANES bytes, one per lane. */
INLINE floats widen(const uint8_t *from) {
    floats v;
    for (int i = 0; i < LANES; i++)
        v[i] = from[i];
    return v;
}

INLINE void store_halves(uint8_t *low, uint8_t *high, bytes v) {
    memcpy(low, &v, VECTOR_BYTES / 2);
    memcpy(high, (const uint8_t *)&v + VECTOR_BYTES / 2, VECTOR_BYTES / 2);
}

#elif defined(__aarch64__)

/* DOTPROD alone multiplies bytes of the same signedness; the caller handles that. */
#if defined(__ARM_FEATURE_MATMUL_INT8)
#define dot(total, source, weights) ((sums)vusdotq_s32((int32x4_t)(total), (uint8x16_t)(source), (int8x16_t)(weights)))
#elif defined(__ARM_FEATURE_DOTPROD)
#define dot_signed(total, source, weights)                                                                             \
    ((sums)vdotq_s32((int32x4_t)(total), (int8x16_t)(source), (int8x16_t)(weights)))
#endif
#define multiply_add(a, b, c) ((floats)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
/* For a NaN and a number, returns the number, which is the second operand. */
#define greater(a, b)         ((floats)vmaxnmq_f32((float32x4_t)(a), (float32x4_t)(b)))
#define lesser(a, b)          ((floats)vminnmq_f32((float32x4_t)(a), (float32x4_t)(b)))
/* Saturates where the other forms give INT32_MIN. The byte is the same, because values are first clamped to 255. */
#define to_whole(a)           ((sums)vcvtnq_s32_f32((float32x4_t)(a)))
#define pack_sums(a, b)       ((words)vqmovn_high_s32(vqmovn_s32((int32x4_t)(a)), (int32x4_t)(b)))
#define pack_words(a, b)      ((bytes)vqmovun_high_s16(vqmovun_s16((int16x8_t)(a)), (int16x8_t)(b)))
#define interleave_bytes(a, b, upper)                                                                                  \
    ((bytes)((upper) ? vzip2q_u8((uint8x16_t)(a), (uint8x16_t)(b)) : vzip1q_u8((uint8x16_t)(a), (uint8x16_t)(b))))
#define interleave_words(a, b, upper)                                                                                  \
    ((bytes)((upper) ? vzip2q_u16((uint16x8_t)(a), (uint16x8_t)(b)) : vzip1q_u16((uint16x8_t)(a), (uint16x8_t)(b))))

INLINE floats widen(const uint8_t *from) {
    uint32_t four;
    memcpy(&four, from, sizeof four);
    return (floats)vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four)))));
}

INLINE void store_halves(uint8_t *low, uint8_t *high, bytes v) {
    vst1_u8(low, vget_low_u8((uint8x16_t)v));
    vst1_u8(high, vget_high_u8((uint8x16_t)v));
}

#elif defined(LP_512)

#define dot(total, source, weights) ((sums)_mm512_dpbusd_epi32((__m512i)(total), (__m512i)(source), (__m512i)(weights)))
#define multiply_add(a, b, c)       ((floats)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define greater(a, b)               ((floats)_mm512_max_ps((__m512)(a), (__m512)(b)))
#define lesser(a, b)                ((floats)_mm512_min_ps((__m512)(a), (__m512)(b)))
#define to_whole(a)                 ((sums)_mm512_cvtps_epi32((__m512)(a)))
#define pack_sums(a, b)             ((words)_mm512_packs_epi32((__m512i)(a), (__m512i)(b)))
#define pack_words(a, b)            ((bytes)_mm512_packus_epi16((__m512i)(a), (__m512i)(b)))
#define permute(a, order)           ((sums)_mm512_permutexvar_epi32((__m512i)(order), (__m512i)(a)))
#define interleave_bytes(a, b, upper)                                                                                  \
    ((bytes)((upper) ? _mm512_unpackhi_epi8((__m512i)(a), (__m512i)(b))                                                \
                     : _mm512_unpacklo_epi8((__m512i)(a), (__m512i)(b))))
#define interleave_words(a, b, upper)                                                                                  \
    ((bytes)((upper) ? _mm512_unpackhi_epi16((__m512i)(a), (__m512i)(b))                                               \
                     : _mm512_unpacklo_epi16((__m512i)(a), (__m512i)(b))))

INLINE floats widen(const uint8_t *from) {
    return (floats)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)from)));
}

INLINE void store_halves(uint8_t *low, uint8_t *high, bytes v) {
    _mm256_storeu_si256((__m256i *)low, _mm512_castsi512_si256((__m512i)v));
    _mm256_storeu_si256((__m256i *)high, _mm512_extracti64x4_epi64((__m512i)v, 1));
}

#else

#if defined(__AVX512VNNI__)
#define dot(total, source, weights) ((sums)_mm256_dpbusd_epi32((__m256i)(total), (__m256i)(source), (__m256i)(weights)))
#else
#define dot(total, source, weights)                                                                                    \
    ((sums)_mm256_dpbusd_avx_epi32((__m256i)(total), (__m256i)(source), (__m256i)(weights)))
#endif
#define multiply_add(a, b, c) ((floats)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define greater(a, b)         ((floats)_mm256_max_ps((__m256)(a), (__m256)(b)))
#define lesser(a, b)          ((floats)_mm256_min_ps((__m256)(a), (__m256)(b)))
#define to_whole(a)           ((sums)_mm256_cvtps_epi32((__m256)(a)))
#define pack_sums(a, b)       ((words)_mm256_packs_epi32((__m256i)(a), (__m256i)(b)))
#define pack_words(a, b)      ((bytes)_mm256_packus_epi16((__m256i)(a), (__m256i)(b)))
#define permute(a, order)     ((sums)_mm256_permutevar8x32_epi32((__m256i)(a), (__m256i)(order)))
#define interleave_bytes(a, b, upper)                                                                                  \
    ((bytes)((upper) ? _mm256_unpackhi_epi8((__m256i)(a), (__m256i)(b))                                                \
                     : _mm256_unpacklo_epi8((__m256i)(a), (__m256i)(b))))
#define interleave_words(a, b, upper)                                                                                  \
    ((bytes)((upper) ? _mm256_unpackhi_epi16((__m256i)(a), (__m256i)(b))                                               \
                     : _mm256_unpacklo_epi16((__m256i)(a), (__m256i)(b))))

INLINE floats widen(const uint8_t *from) {
    return (floats)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)from)));
}

INLINE void store_halves(uint8_t *low, uint8_t *high, bytes v) {
    _mm_storeu_si128((__m128i *)low, _mm256_castsi256_si128((__m256i)v));
    _mm_storeu_si128((__m128i *)high, _mm256_extracti128_si256((__m256i)v, 1));
}

#endif

/* `count` bytes of a vector, which may be all of them. */
#if defined(LP_512)
INLINE bytes load_some(const uint8_t *from, int count) {
    return (bytes)_mm512_maskz_loadu_epi8(~(__mmask64)0 >> (VECTOR_BYTES - count), from);
}

INLINE void store_some(uint8_t *to, bytes from, int count) {
    _mm512_mask_storeu_epi8(to, ~(__mmask64)0 >> (VECTOR_BYTES - count), (__m512i)from);
}
#else
INLINE bytes load_some(const uint8_t *from, int count) {
    bytes v = {0};

    if (count == VECTOR_BYTES)
        return load_bytes(from);
    memcpy(&v, from, (size_t)count);
    return v;
}

INLINE void store_some(uint8_t *to, bytes from, int count) {
    if (count == VECTOR_BYTES)
        memcpy(to, &from, VECTOR_BYTES);
    else
        memcpy(to, &from, (size_t)count);
}
#endif

/* Stores two rows of 2 LANES whole values, in order, saturated to bytes. */
INLINE void store_rows(uint8_t *first, uint8_t *second, const sums a[2], const sums b[2]) {
    const bytes packed = pack_words(pack_sums(a[0], a[1]), pack_sums(b[0], b[1]));
#if defined(__aarch64__) && !defined(LP_MODEL)
    store_halves(first, second, packed);
#else
    sums order;

    for (int i = 0; i < LANES; i++)
        /* cppcheck-suppress uninitvar; a vector is set element by element */
        order[i] = 4 * (i % QUARTERS) + i / QUARTERS;
    store_halves(first, second, (bytes)permute((sums)packed, order));
#endif
}

/* x, or e^x - 1 where that is negative: to about 2^-20, far below the step of a byte. 2^n is applied by adding n to the
 * exponent; n is in the last bits of a number so large that it has no fraction. */
INLINE floats elu(floats x) {
    const floats zero = {0}, whole = zero + 0x1.8p23f;
    const floats least = greater(lesser(x, zero), zero - 20);
    const floats shifted = multiply_add(least, zero + 1.44269504F, whole);
    const floats r = multiply_add(shifted - whole, zero - 0.693147181F, least);
    floats p = multiply_add(zero + 1.0F / 120, r, zero + 1.0F / 24);

    p = multiply_add(p, r, zero + 1.0F / 6);
    p = multiply_add(p, r, zero + 0.5F);
    p = multiply_add(p, r, zero + 1);
    p = multiply_add(p, r, zero + 1);
    const floats negative = (floats)((sums)p + ((sums)shifted << 23)) - 1;
    const sums positive = x > zero;
    return (floats)(((sums)x & positive) | ((sums)negative & ~positive));
}

#endif
