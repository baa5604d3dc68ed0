/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/arena.h"

#include "base/mem.h"

static void sort_by_size(const lp_buffer *buffers, int count, int *order) {
    for (int i = 0; i < count; i++) {
        int at = i;
        for (; at > 0 && buffers[order[at - 1]].size < buffers[i].size; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

/* The end of a placed buffer that overlaps `buffer` at `offset`, or `offset` if there is none. */
static size_t push(const lp_buffer *buffers, const int *order, int placed, const lp_buffer *buffer, size_t offset) {
    for (int i = 0; i < placed; i++) {
        const lp_buffer *const other = &buffers[order[i]];
        const int same_time = other->first <= buffer->last && buffer->first <= other->last;
        if (same_time && other->offset < offset + buffer->size && offset < other->offset + other->size)
            return lp_align(other->offset + other->size);
    }
    return offset;
}

size_t lp_arena_layout(lp_buffer *buffers, int count, int *order) {
    size_t total = 0;

    sort_by_size(buffers, count, order);
    for (int i = 0; i < count; i++) {
        lp_buffer *const buffer = &buffers[order[i]];
        size_t offset = 0, next;
        while ((next = push(buffers, order, i, buffer, offset)) != offset)
            offset = next; /* goes upwards past one buffer at a time, so it finds the lowest gap that fits */
        buffer->offset = offset;
        if (offset + buffer->size > total)
            total = lp_align(offset + buffer->size);
    }
    return total;
}
