/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* How code that waits for a source learns that it must stop, and shows that it waits and does not hang. */

#ifndef LP_TOOLS_INPUT_WAIT_H
#define LP_TOOLS_INPUT_WAIT_H

#include <stdatomic.h>
#include <stddef.h>

typedef struct lp_input_wait {
    const atomic_int *stop; /* not 0: stop soon; may be NULL */
    atomic_uint *looks;     /* counts the checks of `stop`; code that waits makes several per second. If the count does
                               not change and no frame comes, something hangs. May be NULL */
} lp_input_wait;

static inline int lp_input_is_stopped(const lp_input_wait *wait) {
    if (wait->looks)
        atomic_fetch_add_explicit(wait->looks, 1, memory_order_relaxed);
    return wait->stop && atomic_load_explicit(wait->stop, memory_order_relaxed);
}

#endif
