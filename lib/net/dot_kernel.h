/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The inner loop of dot.h: some cells of the output by one panel of output channels. dot_kernel.c is compiled once per
 * instruction set and in plain C, each time under another name. */

#ifndef LP_NET_DOT_KERNEL_H
#define LP_NET_DOT_KERNEL_H

#include <stdint.h>

#include "net/operator.h"

enum { LP_DOT_MOST_ROWS = 12, LP_DOT_MOST_COLUMNS = 32 };

/* The output for the sums of a panel: dst = gain * act(scale * sum + bias) + shift + factor * added, rounded and
 * saturated for bytes. */
typedef struct lp_dot_output {
    const float *scales, *bias, *gains; /* one per column of a panel */
    lp_activation activation;
    float shift, factor;
    lp_element element;
    int plain;         /* 1: the output is bytes = scale * sum + bias, and all results fit 31 bits */
    int columns;       /* of the panel, to be written */
    int step;          /* elements from cell to cell of target and added */
    const void *added; /* or NULL */
    void *target;
} lp_dot_output;

typedef struct lp_dot_block {
    /* The source of each cell: for each tap of the kernel a row of `cells` pointers to `in` bytes (a multiple of 8).
     * `cells` is a multiple of the kernel's rows; only the first `count` are written. */
    const uint8_t *const *sources;
    int count, cells, taps, in;
    const int8_t *weights; /* a panel: for each tap and each `depth` source channels, `depth` bytes of each column */
    const int32_t *start;  /* the initial sums of each cell, for kernels with find_start */
    lp_dot_output to;
} lp_dot_block;

typedef struct lp_dot_kernel {
    const char *name;
    unsigned features; /* of the CPU, all needed */
    int rows, columns; /* of the sums in registers: cells, and output channels of a panel */
    int depth;         /* 4 or 1 (lp_dot_block.weights) */

    /* For kernels that multiply only unsigned bytes: 128 is added to each weight, so the sums of a cell begin with -128
     * times the sum of its source bytes, which this computes. NULL: weights are signed, and sums begin with 0. */
    void (*find_start)(const lp_dot_block *block, int32_t *start);

    void (*run)(const lp_dot_block *block);
} lp_dot_kernel;

extern const lp_dot_kernel lp_dot_avx_vnni, lp_dot_avx512_vnni, lp_dot_avx512_vnni_256;
extern const lp_dot_kernel lp_dot_neon, lp_dot_neon_dotprod, lp_dot_neon_i8mm;

/* Plain C, for the tests: the same source with vectors of 128, 256 and 512 bits. */
extern const lp_dot_kernel lp_dot_model_128, lp_dot_model_256, lp_dot_model_512;

#endif
