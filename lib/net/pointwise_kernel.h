/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The two parts of pointwise.h's work on some neighbouring cells. pointwise_kernel.c is compiled once per instruction
 * set, each time under another name. */

#ifndef LP_NET_POINTWISE_KERNEL_H
#define LP_NET_POINTWISE_KERNEL_H

#include <stdint.h>

#include "net/arch.h"

enum { LP_STRETCH = 32, LP_POINTWISE_MOST_COLUMNS = 32 };

/* How wide the sums of a stretch must be in a block of cells: 0 where 16 bits hold the sums over all of it, else the
 * sum of LP_HALVES and, for its first and second half, where they do not hold those of a half, of 8 channels. */
enum { LP_HALVES = 1, LP_EIGHTS_FIRST = 2, LP_EIGHTS_SECOND = 4, LP_WIDE_FIRST = 8, LP_WIDE_SECOND = 16 };

typedef struct lp_pointwise_tile {
    const uint8_t *source; /* `cells` of `in` bytes */
    int cells, in;
    const int8_t *weights; /* a panel: for each 4 source channels, 4 bytes of each column */
    const uint8_t *widths; /* of each block of cells, of each stretch */

    const float *scales, *bias, *gains; /* one per column of the panel */
    lp_activation activation;
    float factor, shift;
    int plain;          /* bytes, and nothing but their saturation after scale and bias */
    int bytes, columns; /* the target's element, and how many of the panel's columns it has */
    int step;           /* elements from cell to cell of target and added */
    const void *added;  /* or NULL */
    void *target;
} lp_pointwise_tile;

typedef struct lp_pointwise_kernel {
    const char *name;
    unsigned features; /* of the CPU, all needed */
    int rows, columns; /* of the sums that are held in registers: cells of a block, and output channels */

    /* halves: of each source channel half the greatest magnitude of its weights, rounded up. */
    void (*find_widths)(const uint8_t *source, int cells, int in, const int8_t *halves, uint8_t *widths);

    void (*multiply)(const lp_pointwise_tile *tile);
} lp_pointwise_kernel;

extern const lp_pointwise_kernel lp_pointwise_avx2, lp_pointwise_avx512;

#endif
