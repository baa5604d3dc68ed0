/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Compares this program with another build of it: both run in turn, so that changes of the machine's speed affect both
 * alike. */

#ifndef BENCH_AGAINST_H
#define BENCH_AGAINST_H

#include <jansson.h>
#include <lightpose/lightpose.h>

/* The command line for one round: `arguments` (ended by NULL, the program first) without the options for rounds and
 * output, and with `added` (ended by NULL) before the others. The caller frees the array with one call of free. Returns
 * NULL if memory is exhausted. */
char **against_arguments(char *const *arguments, const char *const *added);

/* Runs `program` and this program in turn, in 8 rounds, or as many as there are runs if that is fewer, and compares
 * them. The rounds share `seconds` and `runs` of each measurement. `arguments` are those of main(). FILE if one of them
 * does not run or prints no report. */
lightpose_status against_run(json_t **comparison, const char *program, char *const *arguments, double seconds, int runs,
                             lightpose_error *error);

#endif
