/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The loops of winograd_kernel.c and winograd_bytes.c, which do not depend on the types that they multiply. Include it
 * after defining LANES, ROWS, the points A and B, and the types `source_value` (also that of weights), `source_vector`
 * and `product_value`. The including file defines the functions that are declared here. */

#ifndef LP_NET_WINOGRAD_BLOCKS_H
#define LP_NET_WINOGRAD_BLOCKS_H

#include "net/vectors.h"
#include "net/winograd_kernel.h"

/* ROWS tiles are computed at once; for the last ones, a third or two thirds may suffice. */
enum { COLUMNS = 2 * LANES, LEAST_ROWS = ROWS / 3 };
_Static_assert(ROWS % 3 == 0 && ROWS <= (int)LP_WINOGRAD_MOST_ROWS, "thirds of a block that winograd.c has room for");

INLINE source_vector load_source(const void *cell, int channel);

/* B' on six vectors `step` apart. */
INLINE void source_pass(const source_vector *x, source_vector *t, int step);

/* `rows` tiles by COLUMNS outputs, all sums in registers. */
INLINE void multiply_block(const source_value *source, const source_value *weights, product_value *products, int in,
                           const int rows);

/* Loads the products at `at`, in units of the output; `scale` points to their scales. */
INLINE floats load_products(const product_value *at, const float *scale);

/* Stores channels `at` and on of cell `cell`, with everything that follows the activation. */
INLINE void store_output(const lp_winograd_output *output, int cell, int at, floats value);

static void transform_source(const void *const *cells, int channels, void *target, size_t step) {
    for (int c = 0; c < channels; c += (int)(sizeof(source_vector) / sizeof(source_value))) {
        source_vector x[36];
        for (int i = 0; i < 36; i++)
            x[i] = load_source(cells[i], c);
        for (int i = 0; i < 6; i++)
            source_pass(x + i, x + i, 6);
        for (int i = 0; i < 6; i++)
            source_pass(x + 6 * i, x + 6 * i, 1);
        for (int i = 0; i < 36; i++)
            memcpy((source_value *)target + (size_t)i * step + c, &x[i], sizeof x[i]);
    }
}

static void multiply(const void *source, const void *weights, void *products, int tiles, int in) {
    const source_value *from = source;
    product_value *to = products;

    for (; tiles >= ROWS; tiles -= ROWS, from += ROWS * in, to += ROWS * COLUMNS)
        multiply_block(from, weights, to, in, ROWS);
    if (tiles == 2 * LEAST_ROWS)
        multiply_block(from, weights, to, in, 2 * LEAST_ROWS);
    else if (tiles == LEAST_ROWS)
        multiply_block(from, weights, to, in, LEAST_ROWS);
}

/* A' on six vectors `from_step` apart. */
INLINE void product_pass(const floats *m, int from_step, floats *y, int to_step) {
    const floats sum_a = m[from_step] + m[2 * from_step], difference_a = m[from_step] - m[2 * from_step];
    const floats sum_b = m[3 * from_step] + m[4 * from_step], difference_b = m[3 * from_step] - m[4 * from_step];

    y[0] = m[0] + sum_a + sum_b;
    y[to_step] = A * difference_a + B * difference_b;
    y[2 * to_step] = A * A * sum_a + B * B * sum_b;
    y[3 * to_step] = A * A * A * difference_a + B * B * B * difference_b + m[5 * from_step];
}

/* A' m A: the 4x4 outputs of a tile from its 6x6 products. */
INLINE void transform_tile(const floats m[36], floats y[16]) {
    floats half[24];

    for (int i = 0; i < 6; i++)
        product_pass(m + i, 6, half + i, 6);
    for (int i = 0; i < 4; i++)
        product_pass(half + 6 * i, 1, y + 4 * i, 1);
}

static void transform_products(const void *products, size_t step, const lp_winograd_output *output) {
    const floats zero = {0};

    for (int c = 0; c < COLUMNS; c += LANES) {
        floats m[36], y[16];
        const floats offset = load_floats(output->bias + c);
        for (int i = 0; i < 36; i++)
            m[i] =
                load_products((const product_value *)products + (size_t)i * step + c, output->scales + i * COLUMNS + c);
        transform_tile(m, y);
        for (int i = 0; i < 16; i++) {
            if (!output->cells[i])
                continue;
            floats value = y[i] + offset;
            if (output->relu)
                value = (floats)((sums)value & (value > zero));
            store_output(output, i, output->first + c, value);
        }
    }
}

#define WINOGRAD_KERNEL                                                                                                \
    {                                                                                                                  \
        .name = NAME, .features = FEATURES, .point_a = A, .point_b = B, .weight_bytes = sizeof(source_value),          \
        .rows = ROWS, .least_rows = LEAST_ROWS, .columns = COLUMNS, .transform_source = transform_source,              \
        .multiply = multiply, .transform_products = transform_products                                                 \
    }

#endif
