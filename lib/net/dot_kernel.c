/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* ROWS cells by two vectors of output channels: their sums stay in registers over all taps and source channels. Four
 * source channels take two loads of weights, ROWS broadcasts (which need a load port alone) and 2 ROWS products. Two
 * products start in a cycle and each takes 5, so that 10 sums or more keep the multipliers busy. 12 with two vectors of
 * weights and two of source bytes fill the 16 registers of AVX2; with 32 registers 24 halve the loads per product. */

#include "net/dot_kernel.h"

#include "base/cpu.h"
#include "net/dot_output.h"

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

enum { ROWS = LANES == 16 ? 12 : 6 };

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

/* Apart from the sums' loop, which needs all registers. */
static __attribute__((noinline)) void store(const lp_dot_output *to, const int32_t total[][COLUMNS], int cell,
                                            int rows) {
    for (int r = 0; r < rows; r++) {
        const floats sum[2] = {to_floats(load_sums(total[r])), to_floats(load_sums(total[r] + LANES))};
        store_cell(to, sum, cell + r);
    }
}

static void run(const lp_dot_block *block) {
    const int plain = is_plain(&block->to);

    for (int cell = 0; cell < block->count; cell += ROWS) {
        const int rows = block->count - cell < ROWS ? block->count - cell : ROWS;
        sums total[ROWS][2];
        add_taps(block, cell, total);
        if (plain && rows == ROWS) {
#pragma GCC unroll 12
            for (int r = 0; r < ROWS; r += 2)
                store_plain(&block->to, total[r], total[r + 1], cell + r);
        } else {
            int32_t apart[ROWS][COLUMNS]; /* whose address may be taken: total's registers have none */
#pragma GCC unroll 12
            for (int r = 0; r < ROWS; r++)
                memcpy(apart[r], total[r], sizeof total[r]);
            store(&block->to, (const int32_t(*)[COLUMNS])apart, cell, rows);
        }
    }
}

const lp_dot_kernel KERNEL = {.name = NAME, .features = FEATURES, .rows = ROWS, .columns = COLUMNS, .run = run};
