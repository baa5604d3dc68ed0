/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* ROWS cells by two vectors of output channels: their sums stay in registers over all taps and source channels. Four
 * source channels take two loads of weights, ROWS broadcasts (which need a load port alone) and 2 ROWS products. Two
 * products start in a cycle and each takes 5, so that 10 sums or more keep the multipliers busy. 12 with two vectors of
 * weights and two of source bytes fill the 16 registers of AVX2; with 32 registers 24 halve the loads per product. */

#include "net/dot_kernel.h"

#include "base/cpu.h"
#include "net/dot_vectors.h"

#if defined(LP_MODEL)
enum { FEATURES = 0 };
#if LP_MODEL == 16
#define KERNEL lp_dot_model_512
#define NAME   "lightpose:dot:u8:model_512"
#else
#define KERNEL lp_dot_model_256
#define NAME   "lightpose:dot:u8:model_256"
#endif
#elif defined(LP_512)
enum { FEATURES = LP_CPU_AVX512 | LP_CPU_AVX512_VNNI };
#define KERNEL lp_dot_avx512_vnni
#define NAME   "lightpose:dot:u8:avx512_vnni"
#elif defined(__AVX512VNNI__)
enum { FEATURES = LP_CPU_AVX512 | LP_CPU_AVX512_VNNI };
#define KERNEL lp_dot_avx512_vnni_256
#define NAME   "lightpose:dot:u8:avx512_vnni_256"
#else
enum { FEATURES = LP_CPU_AVX2 | LP_CPU_AVX_VNNI };
#define KERNEL lp_dot_avx_vnni
#define NAME   "lightpose:dot:u8:avx_vnni"
#endif

enum { ROWS = LANES == 16 ? 12 : 6, COLUMNS = 2 * LANES };

/* ---- Sums -------------------------------------------------------------------------------------------------------- */

INLINE void add_four(const uint8_t *const from[ROWS], int at, const int8_t *weights, sums total[ROWS][2]) {
    const sums w0 = load_sums(weights), w1 = load_sums(weights + VECTOR_BYTES);

#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++) {
        const sums four = broadcast(from[r] + at);
        total[r][0] = dot(total[r][0], four, w0);
        total[r][1] = dot(total[r][1], four, w1);
    }
}

INLINE void add_taps(const lp_dot_block *block, int cell, sums total[ROWS][2]) {
    const uint8_t *const *source = block->sources + cell;
    const int8_t *weights = block->weights;
    const int in = block->in;

#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++)
        total[r][0] = total[r][1] = (sums){0};
    for (int tap = 0; tap < block->taps; tap++, source += block->cells) {
        const uint8_t *from[ROWS];
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; r++)
            from[r] = source[r];
#pragma GCC unroll 1
        for (int i = 0; i < in; i += 8, weights += 8 * COLUMNS) {
            add_four(from, i, weights, total);
            add_four(from, i + 4, weights + 4 * COLUMNS, total);
        }
    }
}

/* ---- Outputs ----------------------------------------------------------------------------------------------------- */

/* What most layers do: whole panels of bytes, of which nothing is left but to round them. */
INLINE void store_plain(const lp_dot_block *block, int cell, const sums total[ROWS][2]) {
    const floats scale0 = load_floats(block->scales), scale1 = load_floats(block->scales + LANES);
    const floats bias0 = load_floats(block->bias), bias1 = load_floats(block->bias + LANES);
    uint8_t *target = (uint8_t *)block->target + (size_t)cell * (size_t)block->step;

#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r += 2, target += 2 * (size_t)block->step) {
        const sums a[2] = {to_whole(multiply_add(to_floats(total[r][0]), scale0, bias0)),
                           to_whole(multiply_add(to_floats(total[r][1]), scale1, bias1))};
        const sums b[2] = {to_whole(multiply_add(to_floats(total[r + 1][0]), scale0, bias0)),
                           to_whole(multiply_add(to_floats(total[r + 1][1]), scale1, bias1))};
        store_rows(target, target + block->step, a, b);
    }
}

/* What becomes of one vector of sums, of columns `at` and on; `added`: of the target's element, or NULL. */
INLINE floats output(const lp_dot_block *block, const int32_t *total, int at, const void *added) {
    const floats zero = {0};
    floats value =
        multiply_add(to_floats(load_sums(total + at)), load_floats(block->scales + at), load_floats(block->bias + at));

    if (block->activation == LP_RELU)
        value = greater(value, zero);
    if (block->activation == LP_ELU)
        value = elu(value);
    value = multiply_add(value, load_floats(block->gains + at), zero + block->shift);
    if (added)
        value = multiply_add(zero + block->factor,
                             block->bytes ? widen((const uint8_t *)added + at) : load_floats((const float *)added + at),
                             value);
    return value;
}

/* All columns of a cell. What is held to 255 first converts to no negative number. */
INLINE void store_cell(const lp_dot_block *block, const int32_t *total, const void *added, void *target) {
    const floats most = (floats){0} + 255;
    const floats low = output(block, total, 0, added), high = output(block, total, LANES, added);

    if (block->bytes) {
        const sums whole[2] = {to_whole(lesser(low, most)), to_whole(lesser(high, most))};
        uint8_t twice[COLUMNS];
        store_rows(target, twice, whole, whole);
    } else {
        memcpy(target, &low, sizeof low);
        memcpy((float *)target + LANES, &high, sizeof high);
    }
}

/* As many as the target has. */
INLINE void store_some(const lp_dot_block *block, const int32_t *total, const void *added, void *target) {
    const size_t size = (size_t)block->columns * (block->bytes ? 1 : sizeof(float));
    char old[COLUMNS * sizeof(float)] = {0}, new[COLUMNS * sizeof(float)];

    if (added)
        memcpy(old, added, size);
    store_cell(block, total, added ? old : NULL, new);
    memcpy(target, new, size);
}

/* Apart from the sums' loop, which needs all registers. */
static __attribute__((noinline)) void store(const lp_dot_block *block, const int32_t total[][COLUMNS], int cell,
                                            int rows) {
    const size_t step = (size_t)block->step * (block->bytes ? 1 : sizeof(float));
    const char *added = block->added ? (const char *)block->added + (size_t)cell * step : NULL;
    char *target = (char *)block->target + (size_t)cell * step;

    for (int r = 0; r < rows; r++, target += step, added = added ? added + step : NULL) {
        if (block->columns == COLUMNS)
            store_cell(block, total[r], added, target);
        else
            store_some(block, total[r], added, target);
    }
}

static void run(const lp_dot_block *block) {
    const int plain = block->plain && block->columns == COLUMNS;

    for (int cell = 0; cell < block->count; cell += ROWS) {
        const int rows = block->count - cell < ROWS ? block->count - cell : ROWS;
        sums total[ROWS][2];
        add_taps(block, cell, total);
        if (plain && rows == ROWS) {
            store_plain(block, cell, (const sums(*)[2])total);
        } else {
            int32_t apart[ROWS][COLUMNS]; /* whose address may be taken: total's registers have none */
#pragma GCC unroll 12
            for (int r = 0; r < ROWS; r++)
                memcpy(apart[r], total[r], sizeof total[r]);
            store(block, (const int32_t(*)[COLUMNS])apart, cell, rows);
        }
    }
}

const lp_dot_kernel KERNEL = {.name = NAME, .features = FEATURES, .rows = ROWS, .columns = COLUMNS, .run = run};
