/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Messages at a bounded rate: of those that differ in their numbers alone one a minute is let through, with the count
 * of those that were not. For runs that go on for months. */

#ifndef LP_TOOLS_RUN_REPEAT_H
#define LP_TOOLS_RUN_REPEAT_H

#include <stdint.h>

enum { LP_REPEAT_KINDS = 64 };
#define LP_REPEAT_NS INT64_C(60000000000)

typedef struct lp_repeat {
    struct {
        uint64_t kind;
        int64_t last_ns, withheld;
    } items[LP_REPEAT_KINDS];
} lp_repeat;

/* Whether a message of the time `now_ns` is let through; *withheld gets how many of its kind were not since the last.
 * Zero the structure first. */
int lp_repeat_lets(lp_repeat *repeat, const char *text, int64_t now_ns, int64_t *withheld);

/* The same for the whole program, from any thread, once this has been called; else everything is let through. */
void lp_repeat_start(void);
int lp_repeat_now(const char *text, int64_t *withheld);

#endif
