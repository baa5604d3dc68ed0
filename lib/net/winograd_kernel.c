/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Plain loops over vectors; the compiler makes them SSE, AVX2 or AVX-512 (lib/meson.build), and may fuse multiply and
 * add. With the points 0, +-a, +-b and infinity the rows of the transforms for +p and -p differ only in the sign of
 * their odd terms, which are thus computed once. */

#include "net/winograd_kernel.h"

#include <string.h>

#include "base/cpu.h"

#if defined(__AVX512F__)
#define KERNEL lp_winograd_avx512
enum { LANES = 16, ROWS = 12, FEATURES = LP_CPU_AVX512 };
#define NAME "lightpose:winograd:avx512"
#elif defined(__AVX2__)
#define KERNEL lp_winograd_avx2
enum { LANES = 8, ROWS = 6, FEATURES = LP_CPU_AVX2 };
#define NAME   "lightpose:winograd:avx2"
#else
#define KERNEL lp_winograd_baseline
enum { LANES = 4, ROWS = 6, FEATURES = 0 };
#define NAME   "lightpose:winograd"
#endif

/* ROWS tiles are computed at once; of the last ones a third may do, or two. */
enum { COLUMNS = 2 * LANES, LEAST_ROWS = ROWS / 3 };
_Static_assert(ROWS % 3 == 0 && ROWS <= (int)LP_WINOGRAD_MOST_ROWS, "thirds of a block that winograd.c has room for");
#define A 0.625F
#define B 1.5F

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));
typedef int mask __attribute__((vector_size(LANES * sizeof(int))));

static inline vector load(const float *from) {
    vector v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void store(float *to, vector v) {
    memcpy(to, &v, sizeof v);
}

static const float a1 = A, a2 = A * A, a3 = A * A * A;
static const float b1 = B, b2 = B * B, b3 = B * B * B;

/* B' on six vectors `step` apart. */
static inline __attribute__((always_inline)) void source_pass(const vector *x, vector *t, int step) {
    const vector x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
    const vector even_a = x4 - b2 * x2, odd_a = a1 * (x3 - b2 * x1);
    const vector even_b = x4 - a2 * x2, odd_b = b1 * (x3 - a2 * x1);

    t[0] = a2 * b2 * x0 - (a2 + b2) * x2 + x4;
    t[step] = even_a + odd_a;
    t[2 * step] = even_a - odd_a;
    t[3 * step] = even_b + odd_b;
    t[4 * step] = even_b - odd_b;
    t[5 * step] = a2 * b2 * x1 - (a2 + b2) * x3 + x5;
}

static void transform_source(const void *const *cells, int channels, void *target, size_t step) {
    for (int c = 0; c < channels; c += LANES) {
        vector x[36];
        for (int i = 0; i < 36; i++)
            x[i] = load((const float *)cells[i] + c);
        for (int i = 0; i < 6; i++)
            source_pass(x + i, x + i, 6);
        for (int i = 0; i < 6; i++)
            source_pass(x + 6 * i, x + 6 * i, 1);
        for (int i = 0; i < 36; i++)
            store((float *)target + (size_t)i * step + c, x[i]);
    }
}

/* `rows` tiles by COLUMNS outputs, all sums in registers. */
static inline __attribute__((always_inline)) void multiply_block(const float *source, const float *weights,
                                                                 float *products, int in, const int rows) {
    vector low[ROWS], high[ROWS];

#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
        low[r] = high[r] = (vector){0};
    for (int i = 0; i < in; i++, weights += COLUMNS) {
        const vector w0 = load(weights), w1 = load(weights + LANES);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            const float value = source[(size_t)r * (size_t)in + (size_t)i];
            low[r] += value * w0;
            high[r] += value * w1;
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
        store(products + r * COLUMNS, low[r]);
        store(products + r * COLUMNS + LANES, high[r]);
    }
}

static void multiply(const void *source, const void *weights, void *products, int tiles, int in) {
    const float *from = source;
    float *to = products;

    for (; tiles >= ROWS; tiles -= ROWS, from += ROWS * in, to += ROWS * COLUMNS)
        multiply_block(from, weights, to, in, ROWS);
    if (tiles == 2 * LEAST_ROWS)
        multiply_block(from, weights, to, in, 2 * LEAST_ROWS);
    else if (tiles == LEAST_ROWS)
        multiply_block(from, weights, to, in, LEAST_ROWS);
}

/* A' on six vectors `from_step` apart. */
static inline __attribute__((always_inline)) void product_pass(const vector *m, int from_step, vector *y, int to_step) {
    const vector sum_a = m[from_step] + m[2 * from_step], difference_a = m[from_step] - m[2 * from_step];
    const vector sum_b = m[3 * from_step] + m[4 * from_step], difference_b = m[3 * from_step] - m[4 * from_step];

    y[0] = m[0] + sum_a + sum_b;
    y[to_step] = a1 * difference_a + b1 * difference_b;
    y[2 * to_step] = a2 * sum_a + b2 * sum_b;
    y[3 * to_step] = a3 * difference_a + b3 * difference_b + m[5 * from_step];
}

static void transform_products(const void *products, size_t step, const lp_winograd_output *output) {
    const vector zero = {0};

    for (int c = 0; c < COLUMNS; c += LANES) {
        vector m[36], half[24], y[16];
        const vector offset = load(output->bias + c);
        for (int i = 0; i < 36; i++)
            m[i] = load((const float *)products + (size_t)i * step + c);
        for (int i = 0; i < 6; i++)
            product_pass(m + i, 6, half + i, 6);
        for (int i = 0; i < 4; i++)
            product_pass(half + 6 * i, 1, y + 4 * i, 1);
        for (int i = 0; i < 16; i++) {
            if (!output->cells[i])
                continue;
            vector value = y[i] + offset;
            if (output->relu)
                value = (vector)((mask)value & (value > zero));
            if (output->added)
                value += load((const float *)output->added[i] + output->first + c);
            store((float *)output->cells[i] + output->first + c, value);
        }
    }
}

const lp_winograd_kernel KERNEL = {.name = NAME,
                                   .features = FEATURES,
                                   .point_a = A,
                                   .point_b = B,
                                   .weight_bytes = sizeof(float),
                                   .rows = ROWS,
                                   .least_rows = LEAST_ROWS,
                                   .columns = COLUMNS,
                                   .transform_source = transform_source,
                                   .multiply = multiply,
                                   .transform_products = transform_products};
