/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* HTTP answers, sent with libmicrohttpd. */

#ifndef LP_TOOLS_SERVE_ANSWER_H
#define LP_TOOLS_SERVE_ANSWER_H

#include <stddef.h>

#include <microhttpd.h>

/* Adds the headers that every answer has. */
void lp_answer_add_headers(struct MHD_Response *response, const char *type);

/* Queues the response and releases it. If it is NULL, from a failed allocation, the connection is closed. */
enum MHD_Result lp_answer(struct MHD_Connection *connection, int status, struct MHD_Response *response);

/* The bytes are copied. */
enum MHD_Result lp_answer_bytes(struct MHD_Connection *connection, int status, const char *type, const void *bytes,
                                size_t size);

/* `reason` is a sentence for people. */
enum MHD_Result lp_answer_refusal(struct MHD_Connection *connection, int status, const char *reason);

/* Redirects to "/" and sets the cookie with the token. */
enum MHD_Result lp_answer_entry(struct MHD_Connection *connection, const char *token);

#endif
