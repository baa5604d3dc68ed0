/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The three parts of winograd.h's work on a block of tiles. winograd_kernel.c is compiled once per instruction set,
 * each time under another name. */

#ifndef LP_NET_WINOGRAD_KERNEL_H
#define LP_NET_WINOGRAD_KERNEL_H

#include <stddef.h>

typedef struct lp_winograd_kernel {
    const char *name;
    unsigned features; /* of the CPU, all needed */
    int lanes;         /* floats in a vector; channels are a multiple */
    int rows, columns; /* of the product that is held in registers: tiles, and output channels */

    /* cells: 6x6 pointers to source cells (outside the image: to zeros); target: 36 rows, `step` floats apart. */
    void (*transform_source)(const float *const *cells, int channels, float *target, size_t step);

    /* products[tile][out] = sum over in of source[tile][in] * weights; weights: panels of `columns` outputs, each `in`
     * rows. `tiles` is a multiple of `rows`. */
    void (*multiply)(const float *source, const float *weights, float *products, int tiles, int in, int out);

    /* products: 36 rows, `step` floats apart; cells: 4x4 pointers to outputs, NULL outside the image; added: the same
     * for what is added, or NULL. */
    void (*transform_products)(const float *products, size_t step, const float *bias, int relu, int channels,
                               const float *const *added, float *const *cells);
} lp_winograd_kernel;

extern const lp_winograd_kernel lp_winograd_baseline, lp_winograd_avx2, lp_winograd_avx512;

/* The points: 0, +-A, +-B and infinity. */
#define LP_WINOGRAD_A 0.625F
#define LP_WINOGRAD_B 1.5F

#endif
