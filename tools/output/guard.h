/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What file.c asks of the guard, and the messages the outputs share. */

#ifndef LP_TOOLS_OUTPUT_GUARD_H
#define LP_TOOLS_OUTPUT_GUARD_H

#include "output/file.h"

#include <sys/stat.h>

/* May a file that exists at `path` be replaced? */
lightpose_status lp_output_guard_check(const lp_output_guard *guard, const char *path, const struct stat *existing,
                                       lightpose_error *error);
int lp_output_guard_no_clobber(const lp_output_guard *guard);

/* Is the file an input of the run? */
int lp_output_guard_is_input(const lp_output_guard *guard, const struct stat *existing);

/* Whether a file that exists at `path` is to be kept as it is, and its frame passed over. */
int lp_output_guard_keeps(const lp_output_guard *guard, const char *path);

lightpose_status lp_output_fail_errno(lightpose_error *error, const char *path, int number);
lightpose_status lp_output_fail_exists(lightpose_error *error, const char *path);

#endif
