/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* 8 channels at a time on NEON without dot products: 16-bit factors, 32-bit sums, all weights in 9 registers. */

#include "net/depthwise_kernel.h"

#include "base/cpu.h"
#include "net/dot_vectors.h"

enum { BLOCK = 8 };

static void place(int channel, int tap, int *at_weight, int *at_float) {
    *at_float = channel;
    *at_weight = tap * BLOCK + channel;
}

/* 8 channels of one column: three source rows, or the three weights that multiply them. */
typedef struct column {
    int16x8_t row[3];
} column;

/* The sums of an output so far. */
typedef struct pair {
    int32x4_t low, high;
} pair;

INLINE int16x8_t load_cell(const uint8_t *from, int channels) {
    uint64_t some = 0;

    memcpy(&some, from, (size_t)channels);
    return vreinterpretq_s16_u16(vmovl_u8(vcreate_u8(some)));
}

INLINE column load_column(const lp_dw_row *row, int x, int channels) {
    column at;

    for (int r = 0; r < 3; r++)
        at.row[r] = load_cell(lp_dw_cell(row, r, x), channels);
    return at;
}

/* Adds a column to an output, with the weights for the left, middle or right column. */
INLINE pair add(pair to, column from, column weights) {
    for (int r = 0; r < 3; r++) {
        to.low = vmlal_s16(to.low, vget_low_s16(from.row[r]), vget_low_s16(weights.row[r]));
        to.high = vmlal_high_s16(to.high, from.row[r], weights.row[r]);
    }
    return to;
}

INLINE void output(const lp_dw_row *row, pair sum, int x, int channels, int with_elu) {
    const sums halves[2] = {(sums)sum.low, (sums)sum.high};
    sums whole[2];

    for (int j = 0; j < 2; j++) {
        floats value =
            multiply_add(to_floats(halves[j]), load_floats(row->scale + LANES * j), load_floats(row->bias + LANES * j));
        if (with_elu)
            value = multiply_add(elu(value), load_floats(row->gain + LANES * j), (floats){0} + row->shift);
        whole[j] = to_whole(value);
    }
    const words packed = pack_sums(whole[0], whole[1]);
    const bytes all = pack_words(packed, packed);
    memcpy(row->target + x * row->target_step, &all, (size_t)channels);
}

/* Each column is added to its outputs as soon as it is loaded: their sums take fewer registers than stored columns
 * would. */
INLINE void run_channels(const lp_dw_row *row, int channels, int with_elu) {
    const pair zero = {vdupq_n_s32(0), vdupq_n_s32(0)};
    const int d = row->dilation;
    column weights[3];

    for (int tap = 0; tap < 9; tap++)
        weights[tap % 3].row[tap / 3] = vld1q_s16((const int16_t *)(const void *)row->weights + tap * BLOCK);
    if (row->stride == 2) {
        pair next = add(zero, load_column(row, -1, channels), weights[0]);
        for (int x = 0; x < row->width; x++) {
            next = add(next, load_column(row, 2 * x, channels), weights[1]);
            const column right = load_column(row, 2 * x + 1, channels);
            output(row, add(next, right, weights[2]), x, channels, with_elu);
            next = add(zero, right, weights[0]);
        }
        return;
    }
    for (int phase = 0; phase < d; phase++) { /* outputs d apart share columns */
        const column first = load_column(row, phase, channels);
        pair next = add(add(zero, load_column(row, phase - d, channels), weights[0]), first, weights[1]);
        pair after = add(zero, first, weights[0]);
        for (int x = phase; x < row->width; x += d) {
            const column right = load_column(row, x + d, channels);
            output(row, add(next, right, weights[2]), x, channels, with_elu);
            next = add(after, right, weights[1]);
            after = add(zero, right, weights[0]);
        }
    }
}

static __attribute__((noinline)) void run_some(const lp_dw_row *row) {
    run_channels(row, row->channels, row->elu);
}

static void run(const lp_dw_row *row) {
    const lp_dw_row own = *row; /* a copy, which stores of bytes cannot alias, so it stays in registers */

    if (own.channels < BLOCK)
        run_some(&own);
    else if (own.elu)
        run_channels(&own, BLOCK, 1);
    else
        run_channels(&own, BLOCK, 0);
}

const lp_dw_kernel lp_dw_neon = {.name = "lightpose:dw:neon",
                                 .features = LP_CPU_NEON,
                                 .block = BLOCK,
                                 .taps = 9,
                                 .weight_bytes = 2,
                                 .place = place,
                                 .run = run};
