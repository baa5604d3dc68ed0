/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Messages at a bounded rate: of those that differ in their numbers alone one a minute is let through, and of all in a
 * minute so many kinds, with the count of those that were not. For runs that go on for months. */

#ifndef LP_TOOLS_RUN_REPEAT_H
#define LP_TOOLS_RUN_REPEAT_H

#include <stdint.h>

enum { LP_REPEAT_KINDS = 64, LP_REPEAT_MORE = 80 };
#define LP_REPEAT_NS INT64_C(60000000000)

typedef struct lp_repeat {
    struct {
        uint64_t kind;
        int64_t last_ns, withheld;
    } items[LP_REPEAT_KINDS];
    int64_t others; /* withheld messages of kinds that there was no place for */
} lp_repeat;

/* Whether a message of the time `now_ns` is let through. `more` then gets what to write behind it: "", or " (and 3 more
 * like it)". Zero the structure first. */
int lp_repeat_lets(lp_repeat *repeat, const char *text, int64_t now_ns, char more[LP_REPEAT_MORE]);

/* The same for the whole program, from any thread, once this has been called; else everything is let through. */
void lp_repeat_start(void);
int lp_repeat_now(const char *text, char more[LP_REPEAT_MORE]);

#endif
