/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#ifndef LP_TOOLS_CLI_HELP_H
#define LP_TOOLS_CLI_HELP_H

#include "cli.h"

/* "lightpose " before a subcommand's name, nothing before that of a program of its own. */
const char *lp_cli_prefix(const char *name);

/* Prints the help of a subcommand on stdout. */
void lp_cli_help(const lp_cli_command *command, const lp_cli_group *groups);

/* Prints the options for shells to complete, one a line: "--flag", "--option=" or "--option=value value". */
void lp_cli_complete(const lp_cli_group *groups);

#endif
