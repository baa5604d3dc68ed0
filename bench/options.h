/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The command line of lightpose-bench. */

#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "cli.h"
#include "measure.h"

typedef struct bench_options {
    lp_cli_model model;
    const char *precisions, *heights, *thread_counts, *context_counts; /* lists as given, or NULL */
    measure_list precision, height, threads, contexts;                 /* the same, read */
    lp_cli_operands inputs;                                            /* of --input */
    int frames, runs, busy_cores;
    float seconds, slow_thread;
    int decode, startup; /* what else to measure */
    int layers, verbose; /* what else to print */
    int peaks;           /* 1: print the peaks and nothing else */
    const char *json, *compare, *against;
    float threshold; /* percent; below 0: none */
} bench_options;

extern const lp_cli_command bench_command;

/* Reads and checks the command line. Returns LP_CLI_GO, or an exit code after a message. The caller frees
 * `options->inputs` and `operands` with lp_cli_operands_free. */
int bench_options_read(bench_options *options, int argc, char **argv, lp_cli_operands *operands);

#endif
