/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Memory: aligned, overflow-checked, and able to fail on demand for the tests. All of the library's own allocations go
 * through these functions. */

#ifndef LP_BASE_MEM_H
#define LP_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

enum { LP_ALIGN = 64 };

/* `count` elements of `size` bytes, zeroed, aligned to LP_ALIGN; NULL if the product overflows, if memory is exhausted,
 * or if the test hook requests it. Count 0 gives a unique pointer. Free it with lp_free. */
void *lp_calloc(size_t count, size_t size);

/* Grows *array, which came from lp_calloc or is NULL, to hold at least `count` elements of `size` bytes; keeps the
 * first *capacity elements and updates *capacity (doubling). Afterwards *array is not NULL, even for 0 elements.
 * Returns 0, or -1 with everything unchanged. */
int lp_grow(void **array, size_t *capacity, size_t count, size_t size);

void lp_free(void *pointer); /* NULL is fine */

/* Rounds up to a multiple of LP_ALIGN. */
static inline size_t lp_align(size_t size) {
    return (size + LP_ALIGN - 1) & ~(size_t)(LP_ALIGN - 1);
}

/* Test hooks: the nth allocation from now fails (1 = the next; 0 = none); allocations made by this thread so far. */
void lp_mem_fail_at(int64_t nth);
int64_t lp_mem_count(void);

#endif
