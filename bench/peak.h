/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The peak of this machine: how many multiply-accumulates a second its instructions reach on registers alone. "Share of
 * peak" in the report is measured against the fastest one that the CPU has for the precision. */

#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <jansson.h>
#include <lightpose/lightpose.h>

/* The fastest multiply-accumulate instruction of a precision on a CPU with these features (base/cpu.h), in words, or
 * NULL where there is none. `tiles`: the kernel lets this process use AMX tiles. */
const char *peak_instruction(lightpose_precision precision, unsigned features, int tiles);

/* Asks the kernel for permission to use AMX tiles; every thread of the process has it then. Returns 1 where it is
 * granted, 0 where it is refused or there are no tiles. */
int peak_request_tiles(void);

/* Multiply-accumulates a second, in 1e9, of `threads` threads at once with the instruction that peak_instruction()
 * names for this CPU; 0 where there is none. Takes about 30 ms. */
double peak_measure(lightpose_precision precision, int threads);

/* Every instruction that this CPU has: [{"precision", "instruction", "threads", "gmac_per_s"}], fastest first in each
 * precision. */
json_t *peak_all(int threads);

#endif
