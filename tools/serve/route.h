/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Decides the answer to a request from its first line and its headers alone, without sockets or state. All untrusted
 * input of the server is parsed here. */

#ifndef LP_TOOLS_SERVE_ROUTE_H
#define LP_TOOLS_SERVE_ROUTE_H

enum {
    LP_TARGET_SIZE = 2048,  /* limit of a target, that is path and query */
    LP_TOKEN_SHORTEST = 20, /* characters of a token */
    LP_TOKEN_LONGEST = 256
};

#define LP_TOKEN_COOKIE "lightpose_token"

/* Headers are NULL if the request does not have them. */
typedef struct lp_request {
    const char *method, *target; /* as sent: "GET", "/live.mjpg?source=door" */
    const char *host, *authorization, *cookie, *accept;
} lp_request;

/* Who has access, and to what. */
typedef struct lp_policy {
    const char *token;        /* NULL: none is needed, and only requests to a loopback Host are answered */
    const char *const *names; /* of the sources */
    int count;
} lp_policy;

typedef enum lp_content {
    LP_CONTENT_REFUSAL = 0, /* `status` and `reason` */
    LP_CONTENT_ENTRY,       /* 303 to "/", with the token as a cookie */
    LP_CONTENT_PAGE,
    LP_CONTENT_VIDEO,    /* JPEG after JPEG */
    LP_CONTENT_SNAPSHOT, /* one JPEG */
    LP_CONTENT_LINES,    /* JSON Lines */
    LP_CONTENT_EVENTS,   /* Server-Sent Events */
    LP_CONTENT_METRICS,
    LP_CONTENT_STATUS,
    LP_CONTENT_HEALTH
} lp_content;

typedef struct lp_route {
    lp_content content;
    int status;         /* HTTP's */
    const char *reason; /* a sentence that says what to do; "" with 200 */
    int source;         /* of a picture or lines; -1: all */
    int plain;          /* a picture without people drawn on it */
    int known;          /* the request had the token, or none is needed */
} lp_route;

void lp_route_request(const lp_policy *policy, const lp_request *request, lp_route *route);

/* Whether `host`, a Host header, is localhost or a loopback address. Other names are refused, because anybody's DNS
 * server can give a name the address 127.0.0.1 (DNS rebinding). */
int lp_route_is_loopback(const char *host);

#endif
