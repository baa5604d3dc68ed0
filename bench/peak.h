/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The peak of this machine: the multiply-accumulates a second that its instructions reach on registers alone. "Share of
 * peak" in the report refers to the CPU's fastest instruction for the precision. */

#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <jansson.h>
#include <lightpose/lightpose.h>

/* The fastest multiply-accumulate instruction of a precision on a CPU with these features (base/cpu.h), in words, or
 * NULL if there is none. `tiles`: the kernel allows this process to use AMX tiles. */
const char *peak_instruction(lightpose_precision precision, unsigned features, int tiles);

/* Asks the kernel for permission to use AMX tiles, for all threads of the process. Returns 1 if it is granted, 0 if it
 * is refused or the CPU has no tiles. */
int peak_request_tiles(void);

/* Multiply-accumulates a second, in 1e9, of `threads` threads at once with the instruction that peak_instruction()
 * names for this CPU; 0 if there is none. Takes about 30 ms. */
double peak_measure(lightpose_precision precision, int threads);

/* Measures every instruction that this CPU has: [{"precision", "instruction", "threads", "gmac_per_s"}], fastest first
 * in each precision. */
json_t *peak_all(int threads);

#endif
