/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/signals.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

atomic_int lp_stop_requested, lp_cuts_requested;
static volatile sig_atomic_t caught;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Requests an orderly end. timeout(1) and a closing terminal send their signal twice, which must not end the program at
 * once; Ctrl-C pressed again after more than a second must. */
static void on_signal(int number) {
    static volatile int64_t interrupted;
    const int64_t now = now_ms();
    if (number == SIGINT && interrupted && now - interrupted > 1000)
        _exit(128 + number);
    if (number == SIGINT && !interrupted)
        interrupted = now;
    if (!caught)
        caught = number;
    atomic_store(&lp_stop_requested, 1);
}

static void on_hangup(int number) {
    (void)number;
    atomic_fetch_add(&lp_cuts_requested, 1);
}

void lp_signals_cut_on_hangup(void) {
    const struct sigaction action = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};
    sigaction(SIGHUP, &action, NULL);
}

void lp_signals_catch(void) {
    const struct sigaction action = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) != 0 || before.sa_handler != SIG_IGN) /* nohup(1) stays in force */
        sigaction(SIGHUP, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* a closed standard output is a write error, */
    sigaction(SIGXFSZ, &ignore, NULL); /* and so is a file at its size limit */
}

int lp_signals_caught(void) {
    return caught;
}
