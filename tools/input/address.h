/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Addresses of files and streams: how to recognize them, and how to show them without their secrets. */

#ifndef LP_TOOLS_INPUT_ADDRESS_H
#define LP_TOOLS_INPUT_ADDRESS_H

/* Microseconds without data after which an address counts as lost. */
#define LP_ADDRESS_PATIENCE "10000000"

/* Whether a text is an address, "SCHEME://...", and not a file's name. */
int lp_address_is(const char *text);

/* Whether the scheme of an address is that of an endless stream, such as RTSP. */
int lp_address_is_stream(const char *text);

/* Whether an address is fetched by HTTP, so that the server can say whether it is endless. */
int lp_address_is_http(const char *text);

/* The address without secrets: "***" replaces the user and password, values of the query that are named like a secret
 * or are as long as one, and parts of the path that look like a key. Freed with free(); NULL if out of memory. */
char *lp_address_masked(const char *text);

/* The base name for the results of an address: the last part of its path, or its host. Freed with free(). */
char *lp_address_name(const char *text);

#endif
