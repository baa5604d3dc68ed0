/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The values that options have come to, as JSON. */

#ifndef LP_TOOLS_CLI_VALUES_H
#define LP_TOOLS_CLI_VALUES_H

#include "cli.h"

struct json_t;

/* An object with each option's value under its name, but for those marked `aside`. Texts that are not set are left out.
 * NULL for lack of memory. */
struct json_t *lp_cli_values(const lp_cli_group *groups);

#endif
