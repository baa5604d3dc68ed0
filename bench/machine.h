/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The machine that a measurement runs on, and what on it slows runs down. */

#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stddef.h>

#include <jansson.h>
#include <lightpose/lightpose.h>

/* CPU time of all CPUs and of this process, in clock ticks: a reading, or the sum over some spans. */
typedef struct machine_load {
    double busy, total, own, stolen;
    double stalls; /* periods in which the cgroup's quota throttled this process */
} machine_load;

machine_load machine_load_now(void);
void machine_load_add(machine_load *sum, const machine_load *before, const machine_load *after);

/* The mean number of CPUs that other programs used, and that the hypervisor took. */
double machine_others(const machine_load *passed);
double machine_stolen(const machine_load *passed);

/* Name of the CPU, features, CPUs, quota, governor, library versions. */
json_t *machine_json(void);

/* Adds to `causes` (an array of strings) the reasons why a run may have been slower than this machine can be. `passed`
 * is the load during the run, which used `contexts` contexts of `threads` threads. */
void machine_causes(json_t *causes, const machine_load *passed, int threads, int contexts,
                    lightpose_precision precision);

/* What keeps the clock low, in words, or "": a governor, a preference for saving energy, or a limit below the CPU's
 * highest frequency. `cpu` is /sys/devices/system/cpu/cpu0, except in tests. */
void machine_clock(const char *cpu, char *text, size_t size);

#endif
