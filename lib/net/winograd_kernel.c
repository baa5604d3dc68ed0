/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Plain loops over vectors, compiled for SSE, AVX2 or AVX-512 (lib/meson.build). The compiler may fuse multiply and
 * add. With the points 0, +-a, +-b and infinity, the rows of the transforms for +p and -p differ only in the sign of
 * their odd terms, so these are computed once. */

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

#define A 0.625F
#define B 1.5F
typedef float source_value, product_value;
typedef float source_vector __attribute__((vector_size(LANES * sizeof(float))));

#include "net/winograd_blocks.h"

static const float a1 = A, a2 = A * A, b1 = B, b2 = B * B;

INLINE floats load_source(const void *cell, int channel) {
    return load_floats((const float *)cell + channel);
}

INLINE void source_pass(const floats *x, floats *t, int step) {
    const floats x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
    const floats even_a = x4 - b2 * x2, odd_a = a1 * (x3 - b2 * x1);
    const floats even_b = x4 - a2 * x2, odd_b = b1 * (x3 - a2 * x1);

    t[0] = a2 * b2 * x0 - (a2 + b2) * x2 + x4;
    t[step] = even_a + odd_a;
    t[2 * step] = even_a - odd_a;
    t[3 * step] = even_b + odd_b;
    t[4 * step] = even_b - odd_b;
    t[5 * step] = a2 * b2 * x1 - (a2 + b2) * x3 + x5;
}

INLINE void multiply_block(const float *source, const float *weights, float *products, int in, const int rows) {
    floats low[ROWS], high[ROWS];

#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
        low[r] = high[r] = (floats){0};
    for (int i = 0; i < in; i++, weights += COLUMNS) {
        const floats w0 = load_floats(weights), w1 = load_floats(weights + LANES);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            const float value = source[(size_t)r * (size_t)in + (size_t)i];
            low[r] += value * w0;
            high[r] += value * w1;
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
        store_floats(products + r * COLUMNS, low[r]);
        store_floats(products + r * COLUMNS + LANES, high[r]);
    }
}

INLINE floats load_products(const float *at, const float *scale) {
    (void)scale;
    return load_floats(at);
}

INLINE void store_output(const lp_winograd_output *output, int cell, int at, floats value) {
    if (output->added)
        value += load_floats((const float *)output->added[cell] + at);
    store_floats((float *)output->cells[cell] + at, value);
}

const lp_winograd_kernel KERNEL = WINOGRAD_KERNEL;
