/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#ifndef LP_TOOLS_CLI_HELP_H
#define LP_TOOLS_CLI_HELP_H

#include "cli.h"

/* What messages print before `name`: "lightpose " for a subcommand, "" for a separate program. */
const char *lp_cli_prefix(const char *name);

/* Prints the help of a subcommand on stdout. */
void lp_cli_help(const lp_cli_command *command, const lp_cli_group *groups);

/* Prints the options for shell completion, one per line: "--flag", "--option=" or "--option=value value". */
void lp_cli_complete(const lp_cli_group *groups);

#endif
