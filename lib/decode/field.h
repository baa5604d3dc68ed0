/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The part affinity field of one limb, upsampled block by block when first read. */

#ifndef LP_DECODE_FIELD_H
#define LP_DECODE_FIELD_H

#include "decode/upsample.h"

enum { LP_FIELD_SLOTS = 2048 }; /* blocks kept, by their number modulo this; a power of 2 */

/* Scratch of one thread. */
typedef struct lp_field {
    const lp_upsample *upsample;
    const lp_maps *maps;
    int channel; /* of x; y is the next */
    int columns; /* blocks in a row */

    /* The tag of block i is base + i. The base grows from limb to limb beyond all tags given out, so slots need no
     * clearing; 0 marks one never used. */
    uint64_t base, next_base;
    void *tags, *blocks; /* of uint64_t; of float, two per pixel */
    size_t tags_capacity, blocks_capacity;
} lp_field;

lightpose_status lp_field_reserve(lp_field *field, const lp_upsample *upsample, lightpose_error *error);
void lp_field_free(lp_field *field);

/* Turns to the field in channels `channel` and channel + 1 of `maps`. */
void lp_field_start(lp_field *field, const lp_maps *maps, int channel);

void lp_field_fill(lp_field *field, int bx, int by, float *block);

/* The field's vector at pixel (x, y), which must lie in the map. */
static inline void lp_field_at(lp_field *field, int x, int y, float *vx, float *vy) {
    const lp_upsample *const upsample = field->upsample;
    const int bx = lp_upsample_block(upsample, x), by = lp_upsample_block(upsample, y);
    const uint64_t tag = field->base + (uint64_t)((int64_t)by * field->columns + bx);
    const size_t slot = tag % LP_FIELD_SLOTS, area = (size_t)1 << 2 * upsample->shift;
    float *const block = (float *)field->blocks + slot * 2 * area;
    uint64_t *const tags = field->tags;
    const int pixel = (lp_upsample_phase(upsample, y) << upsample->shift) + lp_upsample_phase(upsample, x);

    if (tags[slot] != tag) {
        lp_field_fill(field, bx, by, block);
        tags[slot] = tag;
    }
    *vx = block[pixel];
    *vy = block[area + (size_t)pixel];
}

#endif
