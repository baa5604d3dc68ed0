/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The two inner loops of pointwise.h, on some neighbouring cells. pointwise_kernel.c is compiled once per instruction
 * set, each time under another name. */

#ifndef LP_NET_POINTWISE_KERNEL_H
#define LP_NET_POINTWISE_KERNEL_H

#include <stdint.h>

#include "net/arch.h"

enum { LP_STRETCH = 32, LP_POINTWISE_MOST_COLUMNS = 32 };

/* The width that the sums of a stretch need in a block of cells. 0: sums over all of it fit 16 bits. Otherwise
 * LP_HALVES is set, and for its first and second half LP_EIGHTS if sums over the half do not fit, and LP_WIDE if sums
 * over 8 channels do not fit. */
enum { LP_HALVES = 1, LP_EIGHTS_FIRST = 2, LP_EIGHTS_SECOND = 4, LP_WIDE_FIRST = 8, LP_WIDE_SECOND = 16 };

typedef struct lp_pointwise_tile {
    const uint8_t *source; /* `cells` of `in` bytes */
    int cells, in;
    const int8_t *weights; /* a panel: for each 4 source channels, 4 bytes of each column */
    const uint8_t *widths; /* for each block of cells and each stretch */

    const float *scales, *bias, *gains; /* one per column of the panel */
    lp_activation activation;
    float factor, shift;
    int plain;          /* 1: bytes, with only saturation after scale and bias */
    int bytes, columns; /* the target's element, and how many of the panel's columns it has */
    int step;           /* elements from cell to cell of target and added */
    const void *added;  /* or NULL */
    void *target;
} lp_pointwise_tile;

typedef struct lp_pointwise_kernel {
    const char *name;
    unsigned features; /* of the CPU, all needed */
    int rows, columns; /* of the sums in registers: cells of a block, and output channels */

    /* halves: for each source channel, half the greatest magnitude of its weights, rounded up. */
    void (*find_widths)(const uint8_t *source, int cells, int in, const int8_t *halves, uint8_t *widths);

    void (*multiply)(const lp_pointwise_tile *tile);
} lp_pointwise_kernel;

extern const lp_pointwise_kernel lp_pointwise_avx2, lp_pointwise_avx512;

#endif
