/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* --first and --last, which several subcommands take. */

#ifndef LP_TOOLS_CLI_RANGE_H
#define LP_TOOLS_CLI_RANGE_H

#include "input/range.h"

/* `first` and `last` are the values given to subcommand `name`; NULL: not given. Returns LP_CLI_GO, or LP_CLI_USAGE
 * after a message. */
int lp_cli_range(const char *name, const char *first, const char *last, lp_input_range *range);

#endif
