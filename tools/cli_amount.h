/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Numbers with a unit on the command line. The decimal sign is a point in every locale. */

#ifndef LP_TOOLS_CLI_AMOUNT_H
#define LP_TOOLS_CLI_AMOUNT_H

/* Reads "12.5": 1; 0 for anything else. */
int lp_cli_read_number(const char *text, double *number);

/* Reads "50ms", "30s", "10m", "1h" or "2d" as seconds: 1; 0 for anything else. */
int lp_cli_read_duration(const char *text, double *seconds);

/* Reads "800M", "50G", "1.5T" or a number of bytes, in powers of 1000; "50Gi" in powers of 1024: 1; 0 for anything
 * else. */
int lp_cli_read_bytes(const char *text, double *bytes);

#endif
