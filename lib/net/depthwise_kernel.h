/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The work of a kernel of depthwise.h: one row of the output, for one block of channels. */

#ifndef LP_NET_DEPTHWISE_KERNEL_H
#define LP_NET_DEPTHWISE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

typedef struct lp_dw_row {
    const uint8_t *rows[3]; /* source rows, at the block's first channel; a row outside the image is one cell */
    ptrdiff_t steps[3];     /* that repeats: step 0. Otherwise bytes from cell to cell */
    const uint8_t *outside; /* the cell outside the image, at the block's first channel */
    uint8_t *target;
    ptrdiff_t target_step;
    int source_width, width, stride, dilation;
    int channels; /* of this block: at most the kernel's */

    /* The block's weights and floats in the kernel's order: all taps, then one float per channel. Output = scale * sum
     * + bias or, if `elu` is set, gain * elu(that) + shift. */
    const int8_t *weights;
    const float *scale, *bias, *gain;
    const int32_t *start; /* initial sums: lp_dw_kernel.offset times the sum of each channel's weights */
    float shift;
    int elu;
} lp_dw_row;

typedef struct lp_dw_kernel {
    const char *name;
    unsigned features;                                                  /* of the CPU, all needed */
    int block;                                                          /* channels at a time */
    int taps;                                                           /* weight elements per channel */
    int weight_bytes;                                                   /* of one weight */
    int offset;                                                         /* subtracted from each source byte; 0: none */
    void (*place)(int channel, int tap, int *at_weight, int *at_float); /* order of weights and floats in a block */
    void (*run)(const lp_dw_row *row);
} lp_dw_kernel;

extern const lp_dw_kernel lp_dw_plain, lp_dw_avx2, lp_dw_avx512_vnni;
extern const lp_dw_kernel lp_dw_avx_vnni, lp_dw_avx512_vnni_256;
extern const lp_dw_kernel lp_dw_neon, lp_dw_neon_dotprod, lp_dw_neon_i8mm;

/* Plain C, for the tests: depthwise_dot.c with vectors of 128, 256 and 512 bits. */
extern const lp_dw_kernel lp_dw_dot_model_128, lp_dw_dot_model_256, lp_dw_dot_model_512;

/* The source cell of row `r` for column `x` of the image. */
static inline const uint8_t *lp_dw_cell(const lp_dw_row *row, int r, int x) {
    return x >= 0 && x < row->source_width ? row->rows[r] + x * row->steps[r] : row->outside;
}

#endif
