/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Answers as libmicrohttpd sends them. */

#ifndef LP_TOOLS_SERVE_ANSWER_H
#define LP_TOOLS_SERVE_ANSWER_H

#include <stddef.h>

#include <microhttpd.h>

/* Those that every answer has. */
void lp_answer_add_headers(struct MHD_Response *response, const char *type);

/* Queues the response and lets go of it. NULL, where there was no memory for one: the connection is closed. */
enum MHD_Result lp_answer(struct MHD_Connection *connection, int status, struct MHD_Response *response);

/* The bytes are copied. */
enum MHD_Result lp_answer_bytes(struct MHD_Connection *connection, int status, const char *type, const void *bytes,
                                size_t size);

/* `reason` is a sentence for people. */
enum MHD_Result lp_answer_refusal(struct MHD_Connection *connection, int status, const char *reason);

/* On to "/", with the cookie that lets in. */
enum MHD_Result lp_answer_entry(struct MHD_Connection *connection, const char *token);

#endif
