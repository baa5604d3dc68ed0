/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The three inner loops of winograd.h, on a block of tiles. winograd_kernel.c (floats) and winograd_bytes.c are
 * compiled once per instruction set, each time under another name. */

#ifndef LP_NET_WINOGRAD_KERNEL_H
#define LP_NET_WINOGRAD_KERNEL_H

#include <stddef.h>

enum { LP_WINOGRAD_MOST_ROWS = 12 };

/* The output for a sum s: act(s + bias) + factor * added + shift; bytes are rounded to the nearest and saturate. */
typedef struct lp_winograd_output {
    const float *scales; /* for bytes: scales of the products, 36 rows with one per column */
    const float *bias;   /* one per column */
    int relu;
    float factor, shift;      /* 1 and 0 in F32 */
    const void *const *added; /* 4x4 pointers to cells, or NULL */
    void *const *cells;       /* 4x4 pointers to cells, NULL outside the image */
    int first;                /* channel of the first column in a cell */
} lp_winograd_output;

typedef struct lp_winograd_kernel {
    const char *name;
    unsigned features;      /* of the CPU, all needed */
    float point_a, point_b; /* of 0, +-a, +-b and infinity */
    int weight_bytes;       /* of a weight and of a transformed source value; products have 4 */
    int rows, columns; /* of the product in registers: tiles (up to LP_WINOGRAD_MOST_ROWS), output channels (a panel) */
    int least_rows;    /* tiles are computed in multiples of this number */

    /* cells: 6x6 pointers to source cells; target: 36 rows, `step` values apart. */
    void (*transform_source)(const void *const *cells, int channels, void *target, size_t step);

    /* products[tile][column] = sum over in of source[tile][in] * weights[in][column]; `tiles` is a multiple of
     * `least_rows`. */
    void (*multiply)(const void *source, const void *weights, void *products, int tiles, int in);

    /* Transforms one tile of a panel. products: 36 rows, `step` values apart. */
    void (*transform_products)(const void *products, size_t step, const lp_winograd_output *output);
} lp_winograd_kernel;

extern const lp_winograd_kernel lp_winograd_baseline, lp_winograd_avx2, lp_winograd_avx512;
extern const lp_winograd_kernel lp_winograd_bytes_avx2, lp_winograd_bytes_avx512, lp_winograd_bytes_vnni;

#endif
