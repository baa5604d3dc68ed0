/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/repeat.h"

#include <ctype.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "run/work.h"

/* FNV-1a of the text without its digits. */
static uint64_t kind_of(const char *text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        if (!isdigit((unsigned char)*text))
            hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

/* The item of a kind, else a free one, else that of the kind let through longest ago. */
static int place_of(const lp_repeat *repeat, uint64_t kind) {
    int at = 0;
    for (int i = 0; i < LP_REPEAT_KINDS; i++) {
        if (repeat->items[i].kind == kind)
            return i;
        if (repeat->items[at].kind && (!repeat->items[i].kind || repeat->items[i].last_ns < repeat->items[at].last_ns))
            at = i;
    }
    return at;
}

int lp_repeat_lets(lp_repeat *repeat, const char *text, int64_t now_ns, char more[LP_REPEAT_MORE]) {
    const uint64_t kind = kind_of(text);
    const int at = place_of(repeat, kind), known = repeat->items[at].kind == kind;
    if (repeat->items[at].kind && now_ns - repeat->items[at].last_ns < LP_REPEAT_NS) {
        ++*(known ? &repeat->items[at].withheld : &repeat->others);
        return 0;
    }
    /* The withheld messages of a kind that loses its item are counted with the others. */
    const int64_t like = known ? repeat->items[at].withheld : 0;
    repeat->others += repeat->items[at].withheld - like;
    *more = '\0';
    if (like)
        snprintf(more, LP_REPEAT_MORE, " (and %" PRId64 " more like it)", like);
    if (repeat->others)
        snprintf(more + strlen(more), LP_REPEAT_MORE - strlen(more), " (and %" PRId64 " other%s)", repeat->others,
                 repeat->others == 1 ? "" : "s");
    repeat->items[at].kind = kind;
    repeat->items[at].last_ns = now_ns;
    repeat->items[at].withheld = 0;
    repeat->others = 0;
    return 1;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static lp_repeat all;
static int started;

void lp_repeat_start(void) {
    pthread_mutex_lock(&lock);
    started = 1;
    pthread_mutex_unlock(&lock);
}

int lp_repeat_now(const char *text, char more[LP_REPEAT_MORE]) {
    int lets = 1;
    *more = '\0';
    pthread_mutex_lock(&lock);
    if (started)
        lets = lp_repeat_lets(&all, text, lp_work_now(), more);
    pthread_mutex_unlock(&lock);
    return lets;
}
