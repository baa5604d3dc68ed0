/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#ifndef LP_BASE_TIME_H
#define LP_BASE_TIME_H

#include <stdint.h>
#include <time.h>

/* Monotonic nanoseconds. */
static inline int64_t lp_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
