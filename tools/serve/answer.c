/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/answer.h"

#include <stdio.h>

#include "serve/page.h"
#include "serve/route.h"

void lp_answer_add_headers(struct MHD_Response *response, const char *type) {
    const char *const headers[][2] = {
        {"Connection", "close"},
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", lp_page_policy},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    MHD_add_response_header(response, "Content-Type", type);
}

enum MHD_Result lp_answer(struct MHD_Connection *connection, int status, struct MHD_Response *response) {
    if (!response)
        return MHD_NO;
    const enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result lp_answer_bytes(struct MHD_Connection *connection, int status, const char *type, const void *bytes,
                                size_t size) {
    struct MHD_Response *const response =
        MHD_create_response_from_buffer(size, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    if (response)
        lp_answer_add_headers(response, type);
    return lp_answer(connection, status, response);
}

enum MHD_Result lp_answer_refusal(struct MHD_Connection *connection, int status, const char *reason) {
    char text[256];
    const int size = snprintf(text, sizeof text, "%s\n", reason);
    struct MHD_Response *const response = MHD_create_response_from_buffer((size_t)size, text, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    lp_answer_add_headers(response, "text/plain; charset=utf-8");
    if (status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (status == 405)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    if (status == 503)
        MHD_add_response_header(response, "Retry-After", "5");
    return lp_answer(connection, status, response);
}

enum MHD_Result lp_answer_entry(struct MHD_Connection *connection, const char *token) {
    char cookie[LP_TOKEN_LONGEST + 80];
    struct MHD_Response *const response = MHD_create_response_from_buffer(0, cookie, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    snprintf(cookie, sizeof cookie, LP_TOKEN_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict", token);
    lp_answer_add_headers(response, "text/plain");
    MHD_add_response_header(response, "Set-Cookie", cookie);
    MHD_add_response_header(response, "Location", "/");
    return lp_answer(connection, 303, response);
}
