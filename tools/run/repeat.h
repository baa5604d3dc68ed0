/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Limits the rate of messages, for runs of months. Messages that differ only in digits are of one kind. One message per
 * minute of each kind is let through, of at most LP_REPEAT_KINDS kinds, with the number of those withheld. */

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
    int64_t others; /* withheld messages of kinds that have no item */
} lp_repeat;

/* Whether a message at `now_ns` is let through. `more` then gets what to write after it: "", or " (and 3 more like
 * it)". Zero the structure first. */
int lp_repeat_lets(lp_repeat *repeat, const char *text, int64_t now_ns, char more[LP_REPEAT_MORE]);

/* The same for the program as a whole, from any thread. Before lp_repeat_start everything is let through. */
void lp_repeat_start(void);
int lp_repeat_now(const char *text, char more[LP_REPEAT_MORE]);

#endif
