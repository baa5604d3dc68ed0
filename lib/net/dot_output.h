/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From sums to outputs: everything that a layer does after its products, on vectors of dot_vectors.h. Two vectors are
 * the output channels of a cell. For dot_kernel.c and tiles_kernel.c. */

#ifndef LP_NET_DOT_OUTPUT_H
#define LP_NET_DOT_OUTPUT_H

#include "net/dot_kernel.h"
#include "net/dot_vectors.h"

enum { COLUMNS = 2 * LANES };

typedef uint32_t bits __attribute__((vector_size(VECTOR_BYTES)));
typedef uint16_t halves __attribute__((vector_size(VECTOR_BYTES / 2)));

INLINE size_t element_bytes(const lp_dot_output *to) {
    return to->element == LP_F32 ? 4 : to->element == LP_BF16 ? 2 : 1;
}

INLINE floats load_element(const lp_dot_output *to, const void *from, int at) {
    halves half;

    if (to->element == LP_F32)
        return load_floats((const float *)from + at);
    if (to->element == LP_U8)
        return widen((const uint8_t *)from + at);
    memcpy(&half, (const uint16_t *)from + at, sizeof half);
    return (floats)(__builtin_convertvector(half, bits) << 16);
}

/* Rounds to the nearest, halves to even; NaN stays NaN. */
INLINE halves to_bf16(floats value) {
    const bits all = (bits)value;
    const bits nan = (bits)(value != value); /* NOLINT(misc-redundant-expression): clang-tidy knows this NaN test for
                                                scalars, not for vectors */
    const bits rounded = all + 0x7FFF + (all >> 16 & 1);

    return __builtin_convertvector(((rounded & ~nan) | ((all | 0x400000) & nan)) >> 16, halves);
}

/* Finishes one vector of sums, of columns `at` and on. `added`: values of the target's element type, or NULL. */
INLINE floats finish(const lp_dot_output *to, floats sum, int at, const void *added) {
    const floats zero = {0};
    floats value = multiply_add(sum, load_floats(to->scales + at), load_floats(to->bias + at));

    if (to->activation == LP_RELU)
        value = greater(value, zero);
    if (to->activation == LP_ELU)
        value = elu(value);
    value = multiply_add(value, load_floats(to->gains + at), zero + to->shift);
    if (added)
        value = multiply_add(zero + to->factor, load_element(to, added, at), value);
    return value;
}

/* Stores all columns of a cell. Clamping to 255 first prevents a conversion to a negative number. */
INLINE void store_columns(const lp_dot_output *to, const floats sum[2], const void *added, void *target) {
    const floats most = (floats){0} + 255;
    const floats low = finish(to, sum[0], 0, added), high = finish(to, sum[1], LANES, added);

    if (to->element == LP_U8) {
        const sums whole[2] = {to_whole(lesser(low, most)), to_whole(lesser(high, most))};
        uint8_t twice[COLUMNS];
        store_rows(target, twice, whole, whole);
    } else if (to->element == LP_F32) {
        memcpy(target, &low, sizeof low);
        memcpy((float *)target + LANES, &high, sizeof high);
    } else {
        const halves a = to_bf16(low), b = to_bf16(high);
        memcpy(target, &a, sizeof a);
        memcpy((uint16_t *)target + LANES, &b, sizeof b);
    }
}

/* Stores the columns of cell `cell` that the target has. */
INLINE void store_cell(const lp_dot_output *to, const floats sum[2], int cell) {
    const size_t each = element_bytes(to), at = (size_t)cell * (size_t)to->step * each;
    const size_t size = (size_t)to->columns * each;
    const void *const added = to->added ? (const uint8_t *)to->added + at : NULL;
    uint8_t *const target = (uint8_t *)to->target + at;
    char old[COLUMNS * sizeof(float)] = {0}, new[COLUMNS * sizeof(float)];

    if (to->columns == COLUMNS) {
        store_columns(to, sum, added, target);
        return;
    }
    if (added)
        memcpy(old, added, size);
    store_columns(to, sum, added ? old : NULL, new);
    memcpy(target, new, size);
}

/* Stores cells `cell` and `cell` + 1 of most layers: full panels of bytes that only need rounding. */
INLINE void store_plain(const lp_dot_output *to, const sums a[2], const sums b[2], int cell) {
    const floats scale0 = load_floats(to->scales), scale1 = load_floats(to->scales + LANES);
    const floats bias0 = load_floats(to->bias), bias1 = load_floats(to->bias + LANES);
    uint8_t *const target = (uint8_t *)to->target + (size_t)cell * (size_t)to->step;
    const sums whole_a[2] = {to_whole(multiply_add(to_floats(a[0]), scale0, bias0)),
                             to_whole(multiply_add(to_floats(a[1]), scale1, bias1))};
    const sums whole_b[2] = {to_whole(multiply_add(to_floats(b[0]), scale0, bias0)),
                             to_whole(multiply_add(to_floats(b[1]), scale1, bias1))};

    store_rows(target, target + to->step, whole_a, whole_b);
}

INLINE int is_plain(const lp_dot_output *to) {
    return to->plain && to->columns == COLUMNS;
}

#endif
