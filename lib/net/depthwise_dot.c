/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Depthwise layers on the dot-product instruction, a vector of channels at a time (16, 32 or 64). A column is the bytes
 * of three rows at one x, interleaved so that each 32-bit lane holds the three bytes of one channel and a fourth whose
 * weight is zero: one instruction multiplies and adds them. Neighbouring outputs share columns, so each output needs
 * one new column, or two at stride 2. Three columns are 12 vectors; weights are read from memory, so that 16 registers
 * suffice.
 *
 * The interleaving works in 128-bit lanes: vector j holds channels 16 l + 4 j + k in lane l, element k; packing the
 * four back gives channels in order.
 *
 * NEON's DOTPROD without I8MM multiplies signed bytes: 128 is subtracted from source bytes, and sums begin with the
 * correction for that. */

#include "net/depthwise_kernel.h"

#include "base/cpu.h"
#include "net/dot_vectors.h"

#if defined(LP_MODEL)
enum { FEATURES = 0 };
#if LP_MODEL == 16
#define KERNEL lp_dw_dot_model_512
#define NAME   "lightpose:dw:model_512"
#elif LP_MODEL == 4
#define KERNEL lp_dw_dot_model_128
#define NAME   "lightpose:dw:model_128"
#else
#define KERNEL lp_dw_dot_model_256
#define NAME   "lightpose:dw:model_256"
#endif
#elif defined(__ARM_FEATURE_MATMUL_INT8)
enum { FEATURES = LP_CPU_NEON | LP_CPU_DOTPROD | LP_CPU_I8MM };
#define KERNEL lp_dw_neon_i8mm
#define NAME   "lightpose:dw:neon_i8mm"
#elif defined(__aarch64__)
enum { FEATURES = LP_CPU_NEON | LP_CPU_DOTPROD };
#define KERNEL lp_dw_neon_dotprod
#define NAME   "lightpose:dw:neon_dotprod"
#define SIGNED
#elif defined(LP_512)
enum { FEATURES = LP_CPU_AVX512 | LP_CPU_AVX512_VNNI };
#define KERNEL lp_dw_avx512_vnni
#define NAME   "lightpose:dw:avx512_vnni"
#elif defined(__AVX512VNNI__)
enum { FEATURES = LP_CPU_AVX512 | LP_CPU_AVX512_VNNI };
#define KERNEL lp_dw_avx512_vnni_256
#define NAME   "lightpose:dw:avx512_vnni_256"
#else
enum { FEATURES = LP_CPU_AVX2 | LP_CPU_AVX_VNNI };
#define KERNEL lp_dw_avx_vnni
#define NAME   "lightpose:dw:avx_vnni"
#endif

enum { BLOCK = VECTOR_BYTES };

#define HOLD(value) __asm__("" : "+r"(value))

/* The initial value of sums. Creates zeros only when needed: the compiler would keep them in one of AVX2's 16
 * registers. */
#if defined(SIGNED)
#define dot dot_signed
enum { OFFSET = 128 };

INLINE sums first_sums(const int32_t *start) {
    return load_sums(start);
}
#else
enum { OFFSET = 0 };

INLINE sums first_sums(const int32_t *start) {
    (void)start;
#if defined(LP_MODEL) || defined(LP_512) || defined(__aarch64__)
    return (sums){0};
#else
    sums v;
    __asm__ volatile("vpxor %0, %0, %0" : "=x"(v));
    return v;
#endif
}
#endif

static void place(int channel, int tap, int *at_weight, int *at_float) {
    const int lane = channel / 16, j = channel % 16 / 4, k = channel % 4, column = tap % 3, row = tap / 3;

    *at_float = LANES * j + 4 * lane + k;
    *at_weight = 4 * (BLOCK * column + *at_float) + row;
}

typedef struct column {
    bytes part[4];
} column;

/* Hides from the compiler how x grows: it would keep a pointer for each row and each of the loop's three steps, for
 * which there are no registers. */
INLINE column load_column(const lp_dw_row *row, int x, int channels) {
    ptrdiff_t at = x;

    HOLD(at);
    const int inside = x >= 0 && x < row->source_width;
    const bytes a = load_some(inside ? row->rows[0] + at * row->steps[0] : row->outside, channels) ^ OFFSET;
    const bytes b = load_some(inside ? row->rows[1] + at * row->steps[1] : row->outside, channels) ^ OFFSET;
    const bytes c = load_some(inside ? row->rows[2] + at * row->steps[2] : row->outside, channels) ^ OFFSET;
    const bytes ab_low = interleave_bytes(a, b, 0), ab_high = interleave_bytes(a, b, 1);
    const bytes c_low = interleave_bytes(c, c, 0), c_high = interleave_bytes(c, c, 1);

    return (column){{interleave_words(ab_low, c_low, 0), interleave_words(ab_low, c_low, 1),
                     interleave_words(ab_high, c_high, 0), interleave_words(ab_high, c_high, 1)}};
}

INLINE void output(const lp_dw_row *row, const column *left, const column *middle, const column *right, int x,
                   int channels, int with_elu) {
    sums whole[4];

#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const int8_t *const weights = row->weights + VECTOR_BYTES * j;
        sums sum = dot(first_sums(row->start + LANES * j), (sums)left->part[j], load_sums(weights));
        sum = dot(sum, (sums)middle->part[j], load_sums(weights + 4 * BLOCK));
        sum = dot(sum, (sums)right->part[j], load_sums(weights + 8 * BLOCK));
        floats value =
            multiply_add(to_floats(sum), load_floats(row->scale + LANES * j), load_floats(row->bias + LANES * j));
        if (with_elu)
            value = multiply_add(elu(value), load_floats(row->gain + LANES * j), (floats){0} + row->shift);
        whole[j] = to_whole(value);
    }
    store_some(row->target + x * row->target_step,
               pack_words(pack_sums(whole[0], whole[1]), pack_sums(whole[2], whole[3])), channels);
}

INLINE void run_stride_2(const lp_dw_row *row, int channels, int with_elu) {
    column left = load_column(row, -1, channels);

    for (int x = 0; x < row->width; x++) {
        const column middle = load_column(row, 2 * x, channels), right = load_column(row, 2 * x + 1, channels);
        output(row, &left, &middle, &right, x, channels, with_elu);
        left = right;
    }
}

/* Outputs `dilation` apart share columns. */
INLINE void run_stride_1(const lp_dw_row *row, int channels, int with_elu) {
    const int d = row->dilation;

    for (int phase = 0; phase < d; phase++) {
        column a = load_column(row, phase - d, channels), b = load_column(row, phase, channels), c;
        for (int x = phase; x < row->width;) {
            c = load_column(row, x + d, channels);
            output(row, &a, &b, &c, x, channels, with_elu);
            if ((x += d) >= row->width)
                break;
            a = load_column(row, x + d, channels);
            output(row, &b, &c, &a, x, channels, with_elu);
            if ((x += d) >= row->width)
                break;
            b = load_column(row, x + d, channels);
            output(row, &c, &a, &b, x, channels, with_elu);
            x += d;
        }
    }
}

INLINE void run_channels(const lp_dw_row *row, int channels) {
    if (row->stride == 2 && row->elu)
        run_stride_2(row, channels, 1);
    else if (row->stride == 2)
        run_stride_2(row, channels, 0);
    else if (row->elu)
        run_stride_1(row, channels, 1);
    else
        run_stride_1(row, channels, 0);
}

static __attribute__((noinline)) void run_some(const lp_dw_row *row) {
    run_channels(row, row->channels);
}

static void run(const lp_dw_row *row) {
    const lp_dw_row own = *row; /* a copy, which stores of bytes cannot alias, so it stays in registers */

    if (row->channels == BLOCK)
        run_channels(&own, BLOCK);
    else
        run_some(&own);
}

const lp_dw_kernel KERNEL = {.name = NAME,
                             .features = FEATURES,
                             .block = BLOCK,
                             .taps = 12,
                             .weight_bytes = 1,
                             .offset = OFFSET,
                             .place = place,
                             .run = run};
