/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the programs that measure a corpus share. */

#ifndef TESTS_CORPUS_MEASURE_H
#define TESTS_CORPUS_MEASURE_H

#include <time.h>

#include "corpus/queue.h"

static const lp_queue_worker worker = {.host = "here",
                                       .process = 1,
                                       .weights_sha256 = "-",
                                       .precision = "f32",
                                       .cpu = "-",
                                       .engine = "-",
                                       .threads = 1,
                                       .lease = 600};

/* Seconds. */
static inline double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

#endif
