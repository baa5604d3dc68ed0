/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Plain loops over vectors; the compiler makes them SSE, AVX2 or AVX-512 (lib/meson.build), and may fuse multiply and
 * add. With the points 0, +-a, +-b and infinity the rows of the transforms for +p and -p differ only in the sign of
 * their odd terms, which are thus computed once. */

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

#include "net/winograd_blocks.h"

static const float a1 = A, a2 = A * A, b1 = B, b2 = B * B;

/* B' on six vectors `step` apart. */
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

static void transform_source(const void *const *cells, int channels, void *target, size_t step) {
    for (int c = 0; c < channels; c += LANES) {
        floats x[36];
        for (int i = 0; i < 36; i++)
            x[i] = load_floats((const float *)cells[i] + c);
        for (int i = 0; i < 6; i++)
            source_pass(x + i, x + i, 6);
        for (int i = 0; i < 6; i++)
            source_pass(x + 6 * i, x + 6 * i, 1);
        for (int i = 0; i < 36; i++)
            store_floats((float *)target + (size_t)i * step + c, x[i]);
    }
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

static void transform_products(const void *products, size_t step, const lp_winograd_output *output) {
    const floats zero = {0};

    for (int c = 0; c < COLUMNS; c += LANES) {
        floats m[36], y[16];
        const floats offset = load_floats(output->bias + c);
        for (int i = 0; i < 36; i++)
            m[i] = load_floats((const float *)products + (size_t)i * step + c);
        transform_tile(m, y);
        for (int i = 0; i < 16; i++) {
            if (!output->cells[i])
                continue;
            floats value = y[i] + offset;
            if (output->relu)
                value = (floats)((sums)value & (value > zero));
            if (output->added)
                value += load_floats((const float *)output->added[i] + output->first + c);
            store_floats((float *)output->cells[i] + output->first + c, value);
        }
    }
}

const lp_winograd_kernel KERNEL = WINOGRAD_KERNEL;
