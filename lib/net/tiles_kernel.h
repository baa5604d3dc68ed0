/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The inner loop of tiled.h: a unit of cells by all output channels. tiles_kernel.c is compiled for bytes and for bf16,
 * each on tiles and in plain C. */

#ifndef LP_NET_TILES_KERNEL_H
#define LP_NET_TILES_KERNEL_H

#include "net/dot_kernel.h"

enum {
    LP_TILE_CELLS = 16,     /* of the output in a tile */
    LP_TILE_COLUMNS = 32,   /* output channels of a panel, two tiles of weights side by side */
    LP_TILE_PRODUCTS = 4096 /* bytes of a block's sums */
};

/* The 16 source cells that one tap reads. `step` is 0 for cells outside the source. */
typedef struct lp_tile_source {
    const uint8_t *from;
    ptrdiff_t step;
} lp_tile_source;

/* Neighbouring cells of the source. */
typedef struct lp_tile_piece {
    const uint8_t *from;
    int bytes; /* a multiple of 32 */
} lp_tile_piece;

typedef struct lp_tile_unit {
    const lp_tile_source *sources; /* for each tap of the kernel a row of `tiles` */
    int count, tiles, taps;        /* cells to write, and their number of tiles */
    int bytes, depth;              /* of a source cell, and of these per tile: 64 or 32 */
    int out;                       /* channels */

    /* Panel after panel: for each tap and each `depth` bytes of the source, two tiles of depth / 4 rows. */
    const uint8_t *weights;
    lp_dot_output to; /* of the first panel; that of the others follows from it */
    void *products;   /* room for LP_TILE_PRODUCTS bytes */
} lp_tile_unit;

typedef struct lp_tile_kernel {
    const char *name;
    unsigned features; /* of the CPU, all needed */
    lp_element source;
    void (*join)(uint8_t *to, const lp_tile_piece *pieces, int count); /* copies them side by side */
    void (*begin)(int depth); /* configures the calling thread's tiles; call it before any number of `run`s */
    void (*run)(const lp_tile_unit *unit);
    void (*end)(void);
} lp_tile_kernel;

extern const lp_tile_kernel lp_tiles_bytes, lp_tiles_bf16;

/* Plain C, for the tests. */
extern const lp_tile_kernel lp_tiles_model_bytes, lp_tiles_model_bf16;

#endif
