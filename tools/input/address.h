/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Addresses: what is one, and what of it may be shown. */

#ifndef LP_TOOLS_INPUT_ADDRESS_H
#define LP_TOOLS_INPUT_ADDRESS_H

/* Microseconds without any data after which an address is given up for lost. */
#define LP_ADDRESS_PATIENCE "10000000"

/* Whether a text is an address, "SCHEME://...", and not a file's name. */
int lp_address_is(const char *text);

/* Whether an address is a stream without end by its scheme alone: RTSP and its like. */
int lp_address_is_stream(const char *text);

/* Whether it is fetched by HTTP, so that its server can be asked. */
int lp_address_is_http(const char *text);

/* The address as it may be shown: "***" stands for the user and password, for values of the query that are named like a
 * secret or are as long as one, and for parts of the path that look like a key. Freed with free(); NULL for lack of
 * memory. */
char *lp_address_masked(const char *text);

/* What results of an address are called after: the last part of its path, or its host. Freed with free(). */
char *lp_address_name(const char *text);

#endif
