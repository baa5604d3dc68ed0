/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The final values of options, as JSON. */

#ifndef LP_TOOLS_CLI_VALUES_H
#define LP_TOOLS_CLI_VALUES_H

#include "cli.h"

struct json_t;

/* An object with the value of each option under its name, except options marked `aside` and texts that are not set.
 * NULL if out of memory. */
struct json_t *lp_cli_values(const lp_cli_group *groups);

#endif
