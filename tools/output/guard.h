/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Queries of the guard for file.c, and messages that the outputs share. */

#ifndef LP_TOOLS_OUTPUT_GUARD_H
#define LP_TOOLS_OUTPUT_GUARD_H

#include "output/file.h"

#include <sys/stat.h>

/* Fails with ARGUMENT if a file that exists at `path` must not be replaced. */
lightpose_status lp_output_guard_check(const lp_output_guard *guard, const char *path, const struct stat *existing,
                                       lightpose_error *error);
int lp_output_guard_no_clobber(const lp_output_guard *guard);

/* Whether the file is an input of the run. */
int lp_output_guard_is_input(const lp_output_guard *guard, const struct stat *existing);

/* Whether a file exists at `path` and is to be kept, so that its frame is skipped. */
int lp_output_guard_keeps(const lp_output_guard *guard, const char *path);

lightpose_status lp_output_fail_errno(lightpose_error *error, const char *path, int number);
lightpose_status lp_output_fail_exists(lightpose_error *error, const char *path);

#endif
