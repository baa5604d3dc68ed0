/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Durations, moments and sizes, as users write them. Each returns 0 where the text is none. */

#ifndef LP_TOOLS_CORPUS_AMOUNTS_H
#define LP_TOOLS_CORPUS_AMOUNTS_H

#include <stdint.h>

/* "90m", "11h30m", "45s", "1d". */
int lp_read_duration(const char *text, int64_t *seconds);

/* Seconds from now to "18:30" (today or tomorrow), "2026-12-24T18:30", "2026-12-24T18:30:15", "+11h30m". Those that lie
 * behind are negative. */
int lp_read_moment(const char *text, int64_t *seconds);

/* "500G", "1.5T", "2000000": bytes; k, M, G and T are powers of 1000. */
int lp_read_size(const char *text, int64_t *bytes);

#endif
