/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/pointwise_kernel.h"

#include "base/cpu.h"
#include "net/byte_vectors.h"

/* ROWS: measured; twice as many are not faster. HOLD: keeps a value in a register at this point. Otherwise the compiler
 * would compute all products of a stretch before adding them, and has no registers for them. */
#if defined(__AVX512F__)
#define KERNEL lp_pointwise_avx512
enum { ROWS = 4, FEATURES = LP_CPU_AVX512 };
#define NAME                 "lightpose:1x1:u8:avx512"
#define MULTIPLY_BYTES(a, b) ((shorts)_mm512_maddubs_epi16((__m512i)(a), (__m512i)(b)))
#define MULTIPLY_ADD(a, b)   ((sums)_mm512_madd_epi16((__m512i)(a), (__m512i)(b)))
#define HOLD(value)          __asm__("" : "+v"(value))
#else
#define KERNEL               lp_pointwise_avx2
enum { ROWS = 3, FEATURES = LP_CPU_AVX2 };
#define NAME                 "lightpose:1x1:u8:avx2"
#define MULTIPLY_BYTES(a, b) ((shorts)_mm256_maddubs_epi16((__m256i)(a), (__m256i)(b)))
#define MULTIPLY_ADD(a, b)   ((sums)_mm256_madd_epi16((__m256i)(a), (__m256i)(b)))
#define HOLD(value)          __asm__("" : "+x"(value))
#endif

enum { COLUMNS = 2 * LANES };

typedef uint16_t unsigned_shorts __attribute__((vector_size(LANES * sizeof(int32_t))));

/* ---- Widths ------------------------------------------------------------------------------------------------------ */

/* Bounds of the sums of products over eight channels and over half a stretch. They saturate and use halved weights, so
 * they are exact up to twice the range of 16 bits. A 128-bit lane is half a stretch: its even elements are for bytes 0
 * and 1 of each four, the odd ones for bytes 2 and 3. */
typedef struct reach {
    __m256i eight, half;
} reach;

INLINE void add_reach(reach *most, const uint8_t *source, const int8_t *halves) {
    const __m256i four =
        _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i *)source), _mm256_loadu_si256((const __m256i *)halves));
    const __m256i eight = _mm256_adds_epi16(four, _mm256_shuffle_epi32(four, 0xB1));
    const __m256i half = _mm256_adds_epi16(eight, _mm256_shuffle_epi32(eight, 0x4E));

    most->eight = _mm256_max_epi16(most->eight, eight);
    most->half = _mm256_max_epi16(most->half, half);
}

/* A mask with a bit for each byte of the sums that 16 bits might not hold. */
INLINE int beyond(__m256i sums_of_halves) {
    return _mm256_movemask_epi8(_mm256_cmpgt_epi16(sums_of_halves, _mm256_set1_epi16(INT16_MAX / 2)));
}

static void find_widths(const uint8_t *source, int cells, int in, const int8_t *halves, uint8_t *widths) {
    for (int cell = 0; cell < cells; cell += ROWS) {
        const int rows = cells - cell < ROWS ? cells - cell : ROWS;
        for (int c = 0; c < in; c += LP_STRETCH) {
            reach most = {_mm256_setzero_si256(), _mm256_setzero_si256()};
            for (int r = 0; r < rows; r++)
                add_reach(&most, source + (size_t)(cell + r) * (size_t)in + c, halves + c);
            const int all = beyond(_mm256_adds_epi16(most.half, _mm256_permute4x64_epi64(most.half, 0x4E)));
            const int half = beyond(most.half), eight = beyond(most.eight);
            *widths++ = (uint8_t)((all ? LP_HALVES : 0) | (half & 0xFFFF ? LP_EIGHTS_FIRST : 0) |
                                  (half >> 16 ? LP_EIGHTS_SECOND : 0) | (eight & 0xFFFF ? LP_WIDE_FIRST : 0) |
                                  (eight >> 16 ? LP_WIDE_SECOND : 0));
        }
    }
}

/* ---- Products ---------------------------------------------------------------------------------------------------- */

INLINE sums load_weights(const int8_t *from) {
    return load_sums((const int32_t *)(const void *)from);
}

INLINE sums four_bytes(const uint8_t *from) {
    int32_t four;
    memcpy(&four, from, sizeof four);
    return (sums){0} + four;
}

/* Adds the products of `count` source channels, whose sums fit 16 bits. */
INLINE void add_narrow(const uint8_t *const cells[ROWS], int at, const int8_t *weights, int count,
                       sums total[ROWS][2]) {
    const shorts one = (shorts){0} + 1;
    shorts narrow[ROWS][2];

    __asm__("" ::: "memory"); /* otherwise loads of the next branch are moved before it and spilled */
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++)
        narrow[r][0] = narrow[r][1] = (shorts){0};
#pragma GCC unroll 8
    for (int i = 0; i < count; i += 4) {
        sums w0 = load_weights(weights + i * COLUMNS), w1 = load_weights(weights + i * COLUMNS + 4 * LANES);
        HOLD(w0);
        HOLD(w1);
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            const sums four = four_bytes(cells[r] + at + i);
            narrow[r][0] += MULTIPLY_BYTES(four, w0);
            narrow[r][1] += MULTIPLY_BYTES(four, w1);
            HOLD(narrow[r][0]);
            HOLD(narrow[r][1]);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
        total[r][0] += MULTIPLY_ADD(narrow[r][0], one);
        total[r][1] += MULTIPLY_ADD(narrow[r][1], one);
    }
}

/* The same for any bytes: even and odd ones separately, widened to 16 bits. */
INLINE void add_wide(const uint8_t *const cells[ROWS], int at, const int8_t *weights, int count, sums total[ROWS][2]) {
#pragma GCC unroll 1
    for (int i = 0; i < count; i += 4) {
        const shorts w0 = (shorts)load_weights(weights + i * COLUMNS);
        const shorts w1 = (shorts)load_weights(weights + i * COLUMNS + 4 * LANES);
        const shorts even0 = (w0 << 8) >> 8, odd0 = w0 >> 8, even1 = (w1 << 8) >> 8, odd1 = w1 >> 8;
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            const unsigned_shorts four = (unsigned_shorts)four_bytes(cells[r] + at + i);
            const unsigned_shorts even = four & 0xFF, odd = four >> 8;
            total[r][0] += MULTIPLY_ADD(even, even0) + MULTIPLY_ADD(odd, odd0);
            total[r][1] += MULTIPLY_ADD(even, even1) + MULTIPLY_ADD(odd, odd1);
        }
    }
}

/* Adds half a stretch. */
INLINE void add_half(const uint8_t *const cells[ROWS], int at, const int8_t *weights, int eights, int wide,
                     sums total[ROWS][2]) {
    const int half = LP_STRETCH / 2;

    if (wide) {
        add_wide(cells, at, weights, half, total);
    } else if (eights) {
        add_narrow(cells, at, weights, half / 2, total);
        add_narrow(cells, at + half / 2, weights + half / 2 * COLUMNS, half / 2, total);
    } else {
        add_narrow(cells, at, weights, half, total);
    }
}

/* ---- Outputs ----------------------------------------------------------------------------------------------------- */

/* The output for the sums of one vector of columns. `added`: values of the target's element type, or NULL. */
INLINE floats output(const lp_pointwise_tile *tile, const int32_t *total, int column, const void *added) {
    const floats zero = {0};
    floats value = __builtin_convertvector(load_sums(total + column), floats) * load_floats(tile->scales + column) +
                   load_floats(tile->bias + column);

    if (tile->activation == LP_RELU)
        value = (floats)((sums)value & (value > zero));
    if (tile->activation == LP_ELU)
        value = elu(value);
    value *= load_floats(tile->gains + column);
    if (added)
        value += tile->factor * (tile->bytes ? load_bytes((const uint8_t *)added + column)
                                             : load_floats((const float *)added + column));
    return value + tile->shift;
}

/* Stores all columns of a cell. */
INLINE void store_cell(const lp_pointwise_tile *tile, const int32_t *total, const void *added, void *target) {
    const floats low = output(tile, total, 0, added), high = output(tile, total, LANES, added);

    if (tile->bytes) {
        store_bytes((uint8_t *)target, low);
        store_bytes((uint8_t *)target + LANES, high);
    } else {
        memcpy((float *)target, &low, sizeof low);
        memcpy((float *)target + LANES, &high, sizeof high);
    }
}

/* Stores the columns that the target has. */
static void store_some(const lp_pointwise_tile *tile, const int32_t *total, const void *added, void *target) {
    const size_t bytes = (size_t)tile->columns * (tile->bytes ? 1 : sizeof(float));
    char old[COLUMNS * sizeof(float)] = {0}, new[COLUMNS * sizeof(float)];

    if (added)
        memcpy(old, added, bytes);
    store_cell(tile, total, added ? old : NULL, new);
    memcpy(target, new, bytes);
}

/* Not inlined, because the loop of the sums needs all registers. */
static __attribute__((noinline)) void store(const lp_pointwise_tile *tile, const int32_t total[][COLUMNS], int first,
                                            int rows) {
    const size_t step = (size_t)tile->step * (tile->bytes ? 1 : sizeof(float));
    const char *added = tile->added ? (const char *)tile->added + (size_t)first * step : NULL;
    char *target = (char *)tile->target + (size_t)first * step;

    for (int r = 0; r < rows; r++, target += step, added = added ? added + step : NULL) {
        if (tile->columns == COLUMNS)
            store_cell(tile, total[r], added, target);
        else
            store_some(tile, total[r], added, target);
    }
}

/* The same for most layers: full columns of bytes that only need rounding. */
INLINE void store_plain(const lp_pointwise_tile *tile, const sums total[2], uint8_t *target) {
    const floats low = __builtin_convertvector(total[0], floats) * load_floats(tile->scales) + load_floats(tile->bias);
    const floats high =
        __builtin_convertvector(total[1], floats) * load_floats(tile->scales + LANES) + load_floats(tile->bias + LANES);

#if defined(__AVX512F__)
    store_bytes(target, low);
    store_bytes(target + LANES, high);
#else
    const __m256i words = _mm256_packs_epi32(whole_bytes(low), whole_bytes(high));
    const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128((__m128i *)target, _mm_shuffle_epi32(bytes, 0xD8));
#endif
}

static void multiply(const lp_pointwise_tile *tile) {
    const int plain = tile->plain && tile->columns == COLUMNS && !tile->added;
    const uint8_t *width = tile->widths;

    for (int cell = 0; cell < tile->cells; cell += ROWS) {
        const int rows = tile->cells - cell < ROWS ? tile->cells - cell : ROWS;
        const int8_t *weights = tile->weights;
        const uint8_t *cells[ROWS];
        sums total[ROWS][2];
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) { /* repeats the last one if there are fewer */
            cells[r] = tile->source + (size_t)(cell + (r < rows ? r : rows - 1)) * (size_t)tile->in;
            total[r][0] = total[r][1] = (sums){0};
        }
        for (int c = 0; c < tile->in; c += LP_STRETCH, weights += LP_STRETCH * COLUMNS, width++) {
            if (*width == 0)
                add_narrow(cells, c, weights, LP_STRETCH, total);
            else
#pragma GCC unroll 1
                for (int second = 0; second < 2; second++)
                    add_half(cells, c + second * LP_STRETCH / 2, weights + second * LP_STRETCH / 2 * COLUMNS,
                             *width & LP_EIGHTS_FIRST << second, *width & LP_WIDE_FIRST << second, total);
        }
        if (plain && rows == ROWS) {
            uint8_t *const target = (uint8_t *)tile->target + (size_t)cell * (size_t)tile->step;
#pragma GCC unroll 16
            for (int r = 0; r < ROWS; r++)
                store_plain(tile, total[r], target + (size_t)r * (size_t)tile->step);
        } else {
            int32_t apart[ROWS][COLUMNS]; /* a copy whose address may be taken, so that `total` stays in registers */
#pragma GCC unroll 16
            for (int r = 0; r < ROWS; r++)
                memcpy(apart[r], total[r], sizeof total[r]);
            store(tile, apart, cell, rows);
        }
    }
}

const lp_pointwise_kernel KERNEL = {.name = NAME,
                                    .features = FEATURES,
                                    .rows = ROWS,
                                    .columns = COLUMNS,
                                    .find_widths = find_widths,
                                    .multiply = multiply};
