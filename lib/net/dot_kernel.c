/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* ROWS cells by two vectors of output channels: their sums stay in registers over all taps and source channels. Four
 * source channels need two loads of weights, ROWS broadcasts (which use only a load port) and 2 ROWS products. Two
 * products start in each cycle and each takes 5 cycles, so at least 10 sums keep the multipliers busy. 12 sums, two
 * vectors of weights and two of source bytes fill the 16 registers of AVX2; with 32 registers, 24 sums halve the loads
 * per product.
 *
 * NEON multiplies by an element of a vector of source bytes, so it needs no broadcasts. There are three forms. I8MM has
 * the instruction above. DOTPROD's multiplies only unsigned bytes, so 128 is added to weights (dot_kernel.h). Without
 * either, an element is one channel's byte, multiplied in 16 bits and added in 32, and must be in the lower 16 of 32
 * registers. 16 sums, 8 vectors of source bytes and 4 of weights fit in any order of instructions; with 24 sums the
 * compiler spills some. */

#include "net/dot_kernel.h"

#include "base/cpu.h"
#include "net/dot_output.h"

#if defined(LP_MODEL)
enum { FEATURES = 0 };
#if LP_MODEL == 16
#define KERNEL lp_dot_model_512
#define NAME   "lightpose:dot:u8:model_512"
#elif LP_MODEL == 4
#define KERNEL lp_dot_model_128
#define NAME   "lightpose:dot:u8:model_128"
#else
#define KERNEL lp_dot_model_256
#define NAME   "lightpose:dot:u8:model_256"
#endif
#elif defined(__ARM_FEATURE_MATMUL_INT8)
enum { FEATURES = LP_CPU_NEON | LP_CPU_DOTPROD | LP_CPU_I8MM };
#define NEON
#define KERNEL lp_dot_neon_i8mm
#define NAME   "lightpose:dot:u8:neon_i8mm"
#elif defined(__ARM_FEATURE_DOTPROD)
enum { FEATURES = LP_CPU_NEON | LP_CPU_DOTPROD };
#define KERNEL lp_dot_neon_dotprod
#define NAME   "lightpose:dot:u8:neon_dotprod"
#define NEON
#define UNSIGNED
#elif defined(__aarch64__)
enum { FEATURES = LP_CPU_NEON };
#define KERNEL lp_dot_neon
#define NAME   "lightpose:dot:u8:neon"
#define NEON
#define BY_CHANNEL
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

#if defined(NEON)
enum { ROWS = 8 };
#else
enum { ROWS = LANES == 8 ? 6 : 12 };
#endif

/* ---- Sums -------------------------------------------------------------------------------------------------------- */

#if defined(UNSIGNED)
static void find_start(const lp_dot_block *block, int32_t *start) {
    for (int cell = 0; cell < block->cells; cell++) {
        uint32x2_t sum = vdup_n_u32(0);
        for (int tap = 0; tap < block->taps; tap++)
            for (int i = 0; i < block->in; i += 8)
                sum = vdot_u32(sum, vld1_u8(block->sources[tap * block->cells + cell] + i), vdup_n_u8(128));
        start[cell] = -(int32_t)vaddv_u32(sum);
    }
}

#define FIND_START         find_start
#define START(block, cell) ((block)->start[cell])
#else
#define FIND_START         NULL
#define START(block, cell) 0
#endif

#if defined(BY_CHANNEL)

enum { DEPTH = 1 };
typedef int16x8_t elements;

INLINE elements load_elements(const uint8_t *from) {
    return vreinterpretq_s16_u16(vmovl_u8(vld1_u8(from)));
}

/* Multiplies element k of each cell by the weights of all columns. The instruction needs the element's number as a
 * constant. */
#define ADD_ELEMENT(k)                                                                                                 \
    do {                                                                                                               \
        const int16x8_t w = vmovl_s8(vld1_s8(weights + (k)*COLUMNS));                                                  \
        _Pragma("GCC unroll 8") for (int r = 0; r < ROWS; r++) {                                                       \
            total[r][0] = (sums)vmlal_laneq_s16((int32x4_t)total[r][0], vget_low_s16(w), source[r], k);                \
            total[r][1] = (sums)vmlal_high_laneq_s16((int32x4_t)total[r][1], w, source[r], k);                         \
        }                                                                                                              \
    } while (0)

#elif defined(NEON)

enum { DEPTH = 4 };
typedef uint8x8_t elements;

INLINE elements load_elements(const uint8_t *from) {
    return vld1_u8(from);
}

#if defined(UNSIGNED)
#define DOT_ELEMENT(total, weights, source, k)                                                                         \
    ((sums)vdotq_lane_u32((uint32x4_t)(total), vreinterpretq_u8_s8(weights), source, k))
#else
#define DOT_ELEMENT(total, weights, source, k) ((sums)vsudotq_lane_s32((int32x4_t)(total), weights, source, k))
#endif

#define ADD_ELEMENT(k)                                                                                                 \
    do {                                                                                                               \
        const int8x16_t w0 = vld1q_s8(weights + 4 * (k)*COLUMNS), w1 = vld1q_s8(weights + (4 * (k) + 2) * COLUMNS);    \
        _Pragma("GCC unroll 8") for (int r = 0; r < ROWS; r++) {                                                       \
            total[r][0] = DOT_ELEMENT(total[r][0], w0, source[r], k);                                                  \
            total[r][1] = DOT_ELEMENT(total[r][1], w1, source[r], k);                                                  \
        }                                                                                                              \
    } while (0)

#endif

#if defined(NEON)
INLINE void add_eight(const uint8_t *const from[ROWS], int at, const int8_t *weights, sums total[ROWS][2]) {
    elements source[ROWS];

#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++)
        source[r] = load_elements(from[r] + at);
    ADD_ELEMENT(0);
    ADD_ELEMENT(1);
#if defined(BY_CHANNEL)
    ADD_ELEMENT(2);
    ADD_ELEMENT(3);
    ADD_ELEMENT(4);
    ADD_ELEMENT(5);
    ADD_ELEMENT(6);
    ADD_ELEMENT(7);
#endif
}
#else
enum { DEPTH = 4 };

INLINE void add_four(const uint8_t *const from[ROWS], int at, const int8_t *weights, sums total[ROWS][2]) {
    const sums w0 = load_sums(weights), w1 = load_sums(weights + VECTOR_BYTES);

#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++) {
        const sums four = broadcast(from[r] + at);
        total[r][0] = dot(total[r][0], four, w0);
        total[r][1] = dot(total[r][1], four, w1);
    }
}

INLINE void add_eight(const uint8_t *const from[ROWS], int at, const int8_t *weights, sums total[ROWS][2]) {
    add_four(from, at, weights, total);
    add_four(from, at + 4, weights + 4 * COLUMNS, total);
}
#endif

INLINE void add_taps(const lp_dot_block *block, int cell, sums total[ROWS][2]) {
    const uint8_t *const *source = block->sources + cell;
    const int8_t *weights = block->weights;
    const int in = block->in;

#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++)
        total[r][0] = total[r][1] = (sums){0} + START(block, cell + r);
    for (int tap = 0; tap < block->taps; tap++, source += block->cells) {
        const uint8_t *from[ROWS];
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; r++)
            from[r] = source[r];
#pragma GCC unroll 1
        for (int i = 0; i < in; i += 8, weights += 8 * COLUMNS)
            add_eight(from, i, weights, total);
    }
}

/* ---- Outputs ----------------------------------------------------------------------------------------------------- */

/* Not inlined, because the loop of the sums needs all registers. */
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
            int32_t apart[ROWS][COLUMNS]; /* a copy whose address may be taken, so that `total` stays in registers */
#pragma GCC unroll 12
            for (int r = 0; r < ROWS; r++)
                memcpy(apart[r], total[r], sizeof total[r]);
            store(&block->to, (const int32_t(*)[COLUMNS])apart, cell, rows);
        }
    }
}

const lp_dot_kernel KERNEL = {.name = NAME,
                              .features = FEATURES,
                              .rows = ROWS,
                              .columns = COLUMNS,
                              .depth = DEPTH,
                              .find_start = FIND_START,
                              .run = run};
