/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The machine that a measurement ran on, and what on it makes runs slow. */

#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stddef.h>

#include <jansson.h>
#include <lightpose/lightpose.h>

/* CPU time of the whole machine and of this process, in clock ticks; or what of it passed in some spans. */
typedef struct machine_load {
    double busy, total, own, stolen;
    double stalls; /* periods in which a cgroup's quota stopped us */
} machine_load;

machine_load machine_load_now(void);
void machine_load_add(machine_load *sum, const machine_load *before, const machine_load *after);

/* CPUs that others kept busy, and those that the hypervisor took. */
double machine_others(const machine_load *passed);
double machine_stolen(const machine_load *passed);

/* Name of the CPU, features, CPUs, quota, governor, library versions. */
json_t *machine_json(void);

/* Adds to `causes` (array of strings) why a run in which `passed` passed, on `threads` threads in `contexts` contexts,
 * may have been slower than the machine. */
void machine_causes(json_t *causes, const machine_load *passed, int threads, int contexts,
                    lightpose_precision precision);

/* What holds the clock down, in words, or "": a governor, a preference for saving energy, or a limit below what the CPU
 * can. `cpu` is /sys/devices/system/cpu/cpu0, but for the tests. */
void machine_clock(const char *cpu, char *text, size_t size);

#endif
