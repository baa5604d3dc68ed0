/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Sleeping until a word in memory changes. */

#ifndef LP_BASE_FUTEX_H
#define LP_BASE_FUTEX_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__linux__)

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sleeps while *word is `value`. May return early, so callers check again. */
static inline void lp_futex_wait(_Atomic uint32_t *word, uint32_t value) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static inline void lp_futex_wake(_Atomic uint32_t *word, int threads) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}

#else

#include <sched.h>

/* Without a futex, waiting yields the CPU. */
static inline void lp_futex_wait(_Atomic uint32_t *word, uint32_t value) {
    (void)word;
    (void)value;
    sched_yield();
}

static inline void lp_futex_wake(_Atomic uint32_t *word, int threads) {
    (void)word;
    (void)threads;
}

#endif

#endif
