/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One block of memory for buffers that live during different steps. */

#ifndef LP_NET_ARENA_H
#define LP_NET_ARENA_H

#include <stddef.h>

typedef struct lp_buffer {
    size_t size;
    int first, last; /* steps, both included, during which it must keep its contents */
    size_t offset;   /* result: a multiple of LP_ALIGN */
} lp_buffer;

/* Places `count` buffers so that none overlap in memory while they overlap in time: the largest first, each as low as
 * possible. Returns the size of the block. `order` is scratch of `count`. */
size_t lp_arena_layout(lp_buffer *buffers, int count, int *order);

#endif
