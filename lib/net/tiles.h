/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The tile instructions of AMX: eight registers of up to 16 rows of 64 bytes, and products of two of them. With
 * LP_MODEL they are plain C, which aborts where a CPU would fault: on tiles that are not configured and on shapes that
 * do not match.
 *
 * Tile numbers are literals. The program must first get permission from the operating system (base/cpu.h). */

#ifndef LP_NET_TILES_H
#define LP_NET_TILES_H

#include <stddef.h>
#include <stdint.h>

enum { TILES = 8, TILE_ROWS = 16, TILE_BYTES = 64 };

/* The operand of ldtilecfg. */
typedef struct tile_shapes {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_shapes;
_Static_assert(sizeof(tile_shapes) == 64, "as the instruction reads it");

#if defined(LP_MODEL)

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct tile_model {
    tile_shapes shapes; /* palette 0: not configured */
    _Alignas(64) uint8_t data[TILES][TILE_ROWS][TILE_BYTES];
} tile_model;

static _Thread_local tile_model tile_state;

/* Whether this thread has tiles configured; kernels must not leave any. */
static inline int tile_in_use(void) {
    return tile_state.shapes.palette != 0;
}

static inline void tile_check(int holds) {
    if (!holds)
        abort();
}

static inline int tile_rows(int t) {
    return tile_state.shapes.rows[t];
}

static inline int tile_row_bytes(int t) {
    return tile_state.shapes.row_bytes[t];
}

static inline void tile_configure(const tile_shapes *shapes) {
    tile_check(shapes->palette == 1 && shapes->start_row == 0);
    for (int t = 0; t < TILES; t++)
        tile_check(shapes->rows[t] <= TILE_ROWS && shapes->row_bytes[t] <= TILE_BYTES);
    memset(&tile_state, 0, sizeof tile_state);
    tile_state.shapes = *shapes;
}

static inline void tile_release(void) {
    memset(&tile_state, 0, sizeof tile_state);
}

static inline void tile_zero(int t) {
    tile_check(tile_in_use() && tile_rows(t) > 0);
    memset(tile_state.data[t], 0, sizeof tile_state.data[t]);
}

static inline void tile_load(int t, const void *from, ptrdiff_t step) {
    tile_zero(t); /* rows and columns beyond the shape are 0 */
    for (int r = 0; r < tile_rows(t); r++)
        memcpy(tile_state.data[t][r], (const uint8_t *)from + r * step, (size_t)tile_row_bytes(t));
}

static inline void tile_store(int t, void *to, ptrdiff_t step) {
    tile_check(tile_in_use() && tile_rows(t) > 0);
    for (int r = 0; r < tile_rows(t); r++)
        memcpy((uint8_t *)to + r * step, tile_state.data[t][r], (size_t)tile_row_bytes(t));
}

/* Checks the shapes of a product: rows of a by columns of b; a row of b is for four bytes of a's rows. */
static inline void tile_check_product(int c, int a, int b) {
    tile_check(tile_in_use() && tile_rows(c) > 0 && a != b && c != a && c != b);
    tile_check(tile_rows(c) == tile_rows(a) && tile_row_bytes(c) == tile_row_bytes(b) &&
               tile_row_bytes(a) == 4 * tile_rows(b) && tile_row_bytes(c) % 4 == 0);
}

/* c += a * b: unsigned by signed bytes. For each column, a row of b has four factors, for four bytes of a's row. */
static inline void tile_dot_bytes(int c, int a, int b) {
    tile_check_product(c, a, b);
    for (int m = 0; m < tile_rows(c); m++)
        for (int n = 0; n < tile_row_bytes(c) / 4; n++) {
            uint32_t sum;
            memcpy(&sum, tile_state.data[c][m] + 4 * n, sizeof sum);
            for (int k = 0; k < tile_row_bytes(a); k++)
                sum += (uint32_t)(tile_state.data[a][m][k] * (int8_t)tile_state.data[b][k / 4][4 * n + k % 4]);
            memcpy(tile_state.data[c][m] + 4 * n, &sum, sizeof sum);
        }
}

/* Subnormal values count as 0, before and after each step. */
static inline float tile_flush(float value) {
    return fabsf(value) < 0x1p-126f ? copysignf(0, value) : value;
}

static inline float tile_bf16(const uint8_t *row, int at) {
    uint16_t half;
    float value;

    memcpy(&half, row + 2 * at, sizeof half);
    const uint32_t all = (uint32_t)half << 16;
    memcpy(&value, &all, sizeof value);
    return tile_flush(value);
}

/* c += a * b in bf16 pairs: even and odd products have separate sums, each rounded once per step; then the two are
 * added, and c last. */
static inline void tile_dot_bf16(int c, int a, int b) {
    tile_check_product(c, a, b);
    for (int m = 0; m < tile_rows(c); m++)
        for (int n = 0; n < tile_row_bytes(c) / 4; n++) {
            float sum, part[2] = {0, 0};
            for (int k = 0; k < tile_row_bytes(a) / 2; k++)
                part[k % 2] = tile_flush(fmaf(tile_bf16(tile_state.data[a][m], k),
                                              tile_bf16(tile_state.data[b][k / 2], 2 * n + k % 2), part[k % 2]));
            memcpy(&sum, tile_state.data[c][m] + 4 * n, sizeof sum);
            sum = tile_flush(tile_flush(sum) + tile_flush(part[0] + part[1]));
            memcpy(tile_state.data[c][m] + 4 * n, &sum, sizeof sum);
        }
}

#else

#include <immintrin.h>

/* The compiler does not know that the instruction reads all of `shapes`. */
static inline void tile_configure(const tile_shapes *shapes) {
    __asm__ volatile("" ::"r"(shapes) : "memory");
    _tile_loadconfig(shapes);
}

#define tile_release()           _tile_release()
#define tile_zero(t)             _tile_zero(t)
#define tile_load(t, from, step) _tile_loadd(t, from, step)
#define tile_store(t, to, step)  _tile_stored(t, to, step)
#define tile_dot_bytes(c, a, b)  _tile_dpbusd(c, a, b)
#define tile_dot_bf16(c, a, b)   _tile_dpbf16ps(c, a, b)

#endif

#endif
