/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/repeat.h"

#include <ctype.h>
#include <pthread.h>

#include "run/work.h"

/* FNV-1a of all but digits. */
static uint64_t kind_of(const char *text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        if (!isdigit((unsigned char)*text))
            hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

int lp_repeat_lets(lp_repeat *repeat, const char *text, int64_t now_ns, int64_t *withheld) {
    const uint64_t kind = kind_of(text);
    int at = 0;
    *withheld = 0;
    for (int i = 0; i < LP_REPEAT_KINDS; i++) {
        if (repeat->items[i].kind == kind) {
            if (now_ns - repeat->items[i].last_ns < LP_REPEAT_NS) {
                repeat->items[i].withheld++;
                return 0;
            }
            at = i;
            break;
        }
        if (repeat->items[i].last_ns < repeat->items[at].last_ns || !repeat->items[i].kind)
            at = repeat->items[at].kind ? i : at; /* a free place, or the one not heard of for the longest time */
    }
    *withheld = repeat->items[at].kind == kind ? repeat->items[at].withheld : 0;
    repeat->items[at].kind = kind;
    repeat->items[at].last_ns = now_ns;
    repeat->items[at].withheld = 0;
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

int lp_repeat_now(const char *text, int64_t *withheld) {
    int lets = 1;
    *withheld = 0;
    pthread_mutex_lock(&lock);
    if (started)
        lets = lp_repeat_lets(&all, text, lp_work_now(), withheld);
    pthread_mutex_unlock(&lock);
    return lets;
}
