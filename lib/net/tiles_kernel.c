/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Blocks of 32 cells by 32 output channels: four tiles of sums, two of source cells, two of weights. Each loaded tile
 * is used for two products of 16 cycles each, so four loads of 16 lines are hidden behind four products.
 *
 * The products of tiles leave the vector units idle, and storing, scaling and rounding a block's sums takes as long as
 * some of its products. So a block's sums are stored unchanged, and become outputs a few rows at a time, between the
 * products of the next block. */

#include "net/tiles_kernel.h"

#include "base/cpu.h"
#include "net/dot_output.h"
#include "net/tiles.h"

#if defined(LP_TILES_BF16)
#define tile_dot tile_dot_bf16
enum { SOURCE = LP_BF16 };
typedef floats products;
#if defined(LP_MODEL)
#define KERNEL lp_tiles_model_bf16
#define NAME   "lightpose:tiles:bf16:model"
enum { FEATURES = 0 };
#else
#define KERNEL lp_tiles_bf16
#define NAME   "lightpose:tiles:bf16:amx"
enum { FEATURES = LP_CPU_AVX512 | LP_CPU_AVX512_VNNI | LP_CPU_AMX_BF16 };
#endif
#else
#define tile_dot tile_dot_bytes
enum { SOURCE = LP_U8 };
typedef sums products;
#if defined(LP_MODEL)
#define KERNEL lp_tiles_model_bytes
#define NAME   "lightpose:tiles:u8:model"
enum { FEATURES = 0 };
#else
#define KERNEL lp_tiles_bytes
#define NAME   "lightpose:tiles:u8:amx"
enum { FEATURES = LP_CPU_AVX512 | LP_CPU_AVX512_VNNI | LP_CPU_AMX_INT8 };
#endif
#endif

enum { SUMS_STEP = LP_TILE_COLUMNS * 4, BLOCK_CELLS = 2 * LP_TILE_CELLS };
_Static_assert((int)LP_TILE_COLUMNS == (int)COLUMNS, "two vectors of sums are a row of a block");
_Static_assert((int)LP_TILE_PRODUCTS == (int)BLOCK_CELLS * (int)SUMS_STEP, "a block of sums");

static void begin(int depth) {
    tile_shapes shapes = {.palette = 1};

    for (int t = 0; t < TILES; t++) {
        shapes.rows[t] = (uint8_t)(t < 6 ? LP_TILE_CELLS : depth / 4);
        shapes.row_bytes[t] = (uint16_t)(t == 4 || t == 5 ? depth : TILE_BYTES);
    }
    tile_configure(&shapes);
}

static void end(void) {
    tile_release();
}

/* A call of memcpy for each piece would take longer than the copies. */
static void join(uint8_t *to, const lp_tile_piece *pieces, int count) {
    for (const lp_tile_piece *const end = pieces + count; pieces < end; pieces++) {
        int at = 0;
        for (; at + VECTOR_BYTES <= pieces->bytes; at += VECTOR_BYTES, to += VECTOR_BYTES)
            memcpy(to, pieces->from + at, VECTOR_BYTES);
        if (at < pieces->bytes) {
            memcpy(to, pieces->from + at, VECTOR_BYTES / 2);
            to += VECTOR_BYTES / 2;
        }
    }
}

/* ---- Outputs ----------------------------------------------------------------------------------------------------- */

/* A block whose sums are in memory, and the number of rows already converted to outputs. */
typedef struct block {
    lp_dot_output to;
    const uint8_t *products;
    int first, rows, done; /* cells */
} block;

INLINE void load_row(const block *b, int row, products sum[2]) {
    memcpy(&sum[0], b->products + row * SUMS_STEP, sizeof sum[0]);
    memcpy(&sum[1], b->products + row * SUMS_STEP + VECTOR_BYTES, sizeof sum[1]);
}

#if defined(LP_TILES_BF16)
INLINE floats as_floats(products sum) {
    return sum;
}
#else
INLINE floats as_floats(products sum) {
    return to_floats(sum);
}
#endif

/* Writes two rows if they are plain bytes, otherwise one. Returns the number of rows. */
INLINE int write_pair(const block *b) {
#if !defined(LP_TILES_BF16)
    if (is_plain(&b->to) && b->done + 1 < b->rows) {
        products low[2], high[2];
        load_row(b, b->done, low);
        load_row(b, b->done + 1, high);
        store_plain(&b->to, low, high, b->first + b->done);
        return 2;
    }
#endif
    products sum[2];
    load_row(b, b->done, sum);
    const floats both[2] = {as_floats(sum[0]), as_floats(sum[1])};
    store_cell(&b->to, both, b->first + b->done);
    return 1;
}

/* Writes outputs up to row `until`. */
static __attribute__((noinline)) void write_rows(block *b, int until) {
    if (until > b->rows)
        until = b->rows;
    while (b->done < until)
        b->done += write_pair(b);
}

/* ---- Products ---------------------------------------------------------------------------------------------------- */

/* Multiplies one or two tiles of cells by one or two tiles of columns. Meanwhile it writes the outputs of `previous`,
 * `slice` rows per step; then its products replace those of `previous` in memory. */
INLINE void multiply(const lp_tile_unit *unit, int tile, const uint8_t *weights, block *previous, int slice,
                     const int two_rows, const int two_columns) {
    const lp_tile_source *source = unit->sources + tile;
    const int tile_size = unit->depth / 4 * TILE_BYTES;
    uint8_t *const stored = unit->products;
    int written = 0;

    tile_zero(0);
    tile_zero(1);
    tile_zero(2);
    tile_zero(3);
    for (int tap = 0; tap < unit->taps; tap++, source += unit->tiles)
        for (int at = 0; at < unit->bytes; at += unit->depth, weights += 2 * tile_size) {
            tile_load(4, source[0].from + at, source[0].step);
            tile_load(6, weights, TILE_BYTES);
            tile_dot(0, 4, 6);
            if (two_columns) {
                tile_load(7, weights + tile_size, TILE_BYTES);
                tile_dot(1, 4, 7);
            }
            if (two_rows) {
                tile_load(5, source[1].from + at, source[1].step);
                tile_dot(2, 5, 6);
            }
            if (two_rows && two_columns)
                tile_dot(3, 5, 7);
            if (previous->done < previous->rows)
                write_rows(previous, written += slice);
        }
    write_rows(previous, BLOCK_CELLS);
    tile_store(0, stored, SUMS_STEP);
    if (two_columns)
        tile_store(1, stored + TILE_BYTES, SUMS_STEP);
    if (two_rows)
        tile_store(2, stored + LP_TILE_CELLS * SUMS_STEP, SUMS_STEP);
    if (two_rows && two_columns)
        tile_store(3, stored + LP_TILE_CELLS * SUMS_STEP + TILE_BYTES, SUMS_STEP);
}

/* Multiplies one block; half of the cells or of the columns may be absent. */
static void multiply_block(const lp_tile_unit *unit, int tile, const uint8_t *weights, int columns, block *previous) {
    const int steps = unit->taps * (unit->bytes / unit->depth);
    const int slice = (BLOCK_CELLS / 2 + steps - 1) / steps * 2; /* pairs of rows */
    const int two_rows = tile + 1 < unit->tiles, two_columns = columns > LP_TILE_COLUMNS / 2;

    if (two_rows && two_columns)
        multiply(unit, tile, weights, previous, slice, 1, 1);
    else if (two_rows)
        multiply(unit, tile, weights, previous, slice, 1, 0);
    else if (two_columns)
        multiply(unit, tile, weights, previous, slice, 0, 1);
    else
        multiply(unit, tile, weights, previous, slice, 0, 0);
}

static lp_dot_output panel_output(const lp_tile_unit *unit, int out) {
    const size_t at = (size_t)out * element_bytes(&unit->to);
    lp_dot_output to = unit->to;

    to.scales += out;
    to.bias += out;
    to.gains += out;
    to.columns = unit->out - out < LP_TILE_COLUMNS ? unit->out - out : LP_TILE_COLUMNS;
    to.added = to.added ? (const uint8_t *)to.added + at : NULL;
    to.target = (uint8_t *)to.target + at;
    return to;
}

static void run(const lp_tile_unit *unit) {
    const size_t panel = (size_t)(unit->taps * unit->bytes * LP_TILE_COLUMNS);
    block previous = {.rows = 0};

    for (int out = 0; out < unit->out; out += LP_TILE_COLUMNS) {
        const uint8_t *const weights = unit->weights + (size_t)(out / LP_TILE_COLUMNS) * panel;
        const lp_dot_output to = panel_output(unit, out);
        for (int tile = 0; tile < unit->tiles; tile += 2) {
            const int first = tile * LP_TILE_CELLS, left = unit->count - first;
            multiply_block(unit, tile, weights, to.columns, &previous);
            previous = (block){
                .to = to, .products = unit->products, .first = first, .rows = left < BLOCK_CELLS ? left : BLOCK_CELLS};
        }
    }
    write_rows(&previous, BLOCK_CELLS);
}

const lp_tile_kernel KERNEL = {.name = NAME,
                               .features = FEATURES,
                               .source = (lp_element)SOURCE,
                               .join = join,
                               .begin = begin,
                               .run = run,
                               .end = end};
