/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Numbers with a unit on the command line. The decimal sign is a point in every locale. */

#ifndef LP_TOOLS_CLI_AMOUNT_H
#define LP_TOOLS_CLI_AMOUNT_H

/* Reads "12.5": 1; 0 for anything else. */
int lp_cli_read_number(const char *text, double *number);

/* Reads "50ms", "30s", "1.5h", "2d" or, with units that get smaller, "9h30m" as seconds: 1; 0 for anything else. */
int lp_cli_read_duration(const char *text, double *seconds);

/* Seconds from now to "18:30" (today or tomorrow), "2026-12-24T18:30", "2026-12-24T18:30:15" or "+11h30m", by the local
 * clock: 1; 0 for anything else. Those that lie behind are negative. */
int lp_cli_read_moment(const char *text, double *seconds);

/* Reads "800M", "50G", "1.5T" or a number of bytes, in powers of 1000; "50Gi" in powers of 1024: 1; 0 for anything
 * else. */
int lp_cli_read_bytes(const char *text, double *bytes);

#endif
