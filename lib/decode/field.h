/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The part affinity fields, read at single pixels of the upsampled maps, both components at once.
 *
 * Each limb's field is copied into a plane of (x, y) pairs with a replicated border: 14 kB at the usual size, which
 * stay in the first-level cache while thousands of points along the limb's pairs are read, 16 cells each. */

#ifndef LP_DECODE_FIELD_H
#define LP_DECODE_FIELD_H

#include "decode/upsample.h"

typedef float lp_quad __attribute__((vector_size(16)));
typedef float lp_quad_loose __attribute__((vector_size(16), aligned(4), may_alias)); /* in memory */

typedef struct lp_field {
    int shift, mask, origin; /* from pixels to blocks and phases */
    int width, height;       /* cells */
    int wide;                /* 1: vectors of 8 floats */
    ptrdiff_t stride;        /* floats from row to row of a plane */
    ptrdiff_t size;          /* floats from plane to plane */
    void *data;              /* LIGHTPOSE_LIMBS planes of float, in the order of channels */
    size_t capacity;

    float weights[LP_MAX_UPSAMPLE * 8]; /* 8 by phase: those of the four taps, each twice */
} lp_field;

/* `features`: base/cpu.h. */
void lp_field_init(lp_field *field, const lp_upsample *upsample, unsigned features);
void lp_field_free(lp_field *field);

/* Sizes the planes for the maps. MEMORY. */
lightpose_status lp_field_reserve(lp_field *field, const lp_maps *maps, lightpose_error *error);

/* Copies row `y` of all fields; row 0 and the last also fill the border above and below. Rows may be copied by
 * different threads. */
void lp_field_copy_row(lp_field *field, const lp_maps *maps, int y);

/* The first border cell of the plane of a limb, whose channels are `paf_x`, an even number, and the next. */
static inline const float *lp_field_plane(const lp_field *field, int paf_x) {
    return (const float *)field->data + paf_x / 2 * field->size;
}

/* One row of four cells times the weights along x: (x, y) of taps 0 and 1, of taps 2 and 3. */
typedef struct lp_field_row {
    lp_quad near, far;
} lp_field_row;

static inline lp_field_row lp_field_weigh(const float *cells, const float *weights) {
    return (lp_field_row){*(const lp_quad_loose *)cells * *(const lp_quad_loose *)weights,
                          *(const lp_quad_loose *)(cells + 4) * *(const lp_quad_loose *)(weights + 4)};
}

/* Two rows summed along x, side by side. */
static inline lp_quad lp_field_sum(lp_field_row a, lp_field_row b) {
    typedef int index __attribute__((vector_size(16)));
    const index first = {0, 1, 4, 5}, second = {2, 3, 6, 7};

    return ((__builtin_shuffle(a.near, b.near, first) + __builtin_shuffle(a.near, b.near, second)) +
            __builtin_shuffle(a.far, b.far, first)) +
           __builtin_shuffle(a.far, b.far, second);
}

/* The field's (x, y) where `cells` are the 4 x 4 cells around and the weights those of the phases. The order of sums is
 * that of upsample.h. */
static inline void lp_field_read(const float *cells, ptrdiff_t stride, const float *along_x, const float *along_y,
                                 float *out) {
    const lp_quad upper = lp_field_sum(lp_field_weigh(cells, along_x), lp_field_weigh(cells + stride, along_x)) *
                          *(const lp_quad_loose *)along_y;
    const lp_quad lower =
        lp_field_sum(lp_field_weigh(cells + 2 * stride, along_x), lp_field_weigh(cells + 3 * stride, along_x)) *
        *(const lp_quad_loose *)(along_y + 4);

    out[0] = upper[0] + (upper[2] + (lower[0] + lower[2]));
    out[1] = upper[1] + (upper[3] + (lower[1] + lower[3]));
}

#endif
