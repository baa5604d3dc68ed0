/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Numbers with a unit on the command line. The decimal sign is a point in every locale. */

#ifndef LP_TOOLS_CLI_AMOUNT_H
#define LP_TOOLS_CLI_AMOUNT_H

/* Each function returns 1, or 0 if the text has another form. */

/* Reads a number such as "12.5". */
int lp_cli_read_number(const char *text, double *number);

/* Reads a duration in seconds: "50ms", "30s", "1.5h", "2d" or, with descending units, "9h30m". */
int lp_cli_read_duration(const char *text, double *seconds);

/* Reads a local time as seconds from now, negative if it has passed: "18:30" (today or tomorrow), "2026-12-24T18:30",
 * "2026-12-24T18:30:15" or "+11h30m". */
int lp_cli_read_moment(const char *text, double *seconds);

/* Reads a number of bytes, with or without a unit: "800M", "1.5T" in powers of 1000, "50Gi" in powers of 1024. */
int lp_cli_read_bytes(const char *text, double *bytes);

#endif
