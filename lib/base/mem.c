/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Per thread, so that a test with several workers stays deterministic. */
static _Thread_local int64_t fail_countdown;
static _Thread_local int64_t allocations;

void lp_mem_fail_at(int64_t nth) {
    fail_countdown = nth;
}

int64_t lp_mem_count(void) {
    return allocations;
}

void *lp_calloc(size_t count, size_t size) {
    size_t bytes;

    allocations++;
    if (fail_countdown > 0 && --fail_countdown == 0)
        return NULL;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - LP_ALIGN)
        return NULL;
    bytes = bytes ? lp_align(bytes) : LP_ALIGN;
    void *const pointer = aligned_alloc(LP_ALIGN, bytes);
    if (pointer)
        memset(pointer, 0, bytes);
    return pointer;
}

int lp_grow(void **array, size_t *capacity, size_t count, size_t size) {
    if (count <= *capacity && *array)
        return 0;
    size_t grown = *capacity > SIZE_MAX / 2 ? count : *capacity * 2;
    if (grown < count)
        grown = count;
    void *const bigger = lp_calloc(grown, size);
    if (!bigger)
        return -1;
    if (*array)
        memcpy(bigger, *array, *capacity * size);
    lp_free(*array);
    *array = bigger;
    *capacity = grown;
    return 0;
}

void lp_free(void *pointer) {
    free(pointer);
}
