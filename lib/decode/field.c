/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/field.h"

#include "base/mem.h"

lightpose_status lp_field_reserve(lp_field *field, const lp_upsample *upsample, lightpose_error *error) {
    const size_t area = (size_t)upsample->factor * (size_t)upsample->factor;

    field->upsample = upsample;
    if (field->next_base == 0)
        field->next_base = 1;
    if (lp_grow(&field->tags, &field->tags_capacity, LP_FIELD_SLOTS, sizeof(uint64_t)) ||
        lp_grow(&field->blocks, &field->blocks_capacity, LP_FIELD_SLOTS * 2 * area, sizeof(float)))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to read the part affinity fields");
    return LIGHTPOSE_OK;
}

void lp_field_free(lp_field *field) {
    lp_free(field->tags);
    lp_free(field->blocks);
    *field = (lp_field){0};
}

void lp_field_start(lp_field *field, const lp_maps *maps, int channel) {
    field->maps = maps;
    field->channel = channel;
    field->columns = maps->width + 1;
    field->base = field->next_base;
    field->next_base += (uint64_t)field->columns * ((uint64_t)maps->height + 1);
}

void lp_field_fill(lp_field *field, int bx, int by, float *block) {
    lp_upsample_block_pair(field->upsample, &field->maps->pafs, field->maps->width, field->maps->height, field->channel,
                           bx, by, block);
}
