/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* How whatever waits for a source hears that it is to stop, and shows that it does wait and does not hang. */

#ifndef LP_TOOLS_INPUT_WAIT_H
#define LP_TOOLS_INPUT_WAIT_H

#include <stdatomic.h>
#include <stddef.h>

typedef struct lp_input_wait {
    const atomic_int *stop; /* not 0: end soon; may be NULL */
    atomic_uint *looks;     /* counts how often `stop` is looked at, which is several times a second in whatever waits:
                               while it stands still and no frame comes, something hangs. May be NULL */
} lp_input_wait;

static inline int lp_input_is_stopped(const lp_input_wait *wait) {
    if (wait->looks)
        atomic_fetch_add_explicit(wait->looks, 1, memory_order_relaxed);
    return wait->stop && atomic_load_explicit(wait->stop, memory_order_relaxed);
}

#endif
