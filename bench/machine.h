/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The machine that a measurement ran on, and what on it makes runs slow. */

#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdint.h>

#include <jansson.h>

/* CPU time of the whole machine and of this process, in clock ticks. */
typedef struct machine_load {
    double busy, total, own, stolen;
    double quota_stalls; /* periods in which a cgroup quota stopped us */
} machine_load;

machine_load machine_load_now(void);

/* CPUs that others kept busy between two readings, and those that the hypervisor took. */
double machine_others(const machine_load *before, const machine_load *after);
double machine_stolen(const machine_load *before, const machine_load *after);

/* Name of the CPU, features, CPUs, quota, governor, library versions. */
json_t *machine_json(void);

/* Adds to `causes` (array of strings) why a run between two readings, on `threads` threads in `contexts` contexts, may
 * have been slower than the machine. */
void machine_causes(json_t *causes, const machine_load *before, const machine_load *after, int threads, int contexts);

/* Multiply-accumulates a second that `threads` threads reach on registers alone, in 1e9: float32; bfloat16 and int8
 * where the CPU has instructions for them, else 0. */
typedef struct machine_peak {
    double f32, bf16, int8;
} machine_peak;

machine_peak machine_measure_peak(int threads);

#endif
