/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A request to `lightpose serve`: method, target and headers of any text. Every answer is one that the server can send,
 * nobody is let in without the token, and nothing is served to another name of this machine. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "serve/route.h"

#define TOKEN "a token of twenty+ letters"

/* Mostly what a browser sends, so that what comes after it is reached. */
static char *text_or(fuzz_input *input, const char *usual) {
    return fuzz_byte(input) % 2 ? strdup(usual) : fuzz_text(input);
}

static void check(const lp_policy *policy, const lp_request *request, const lp_route *route) {
    static const int statuses[] = {200, 303, 400, 401, 404, 405, 414, 421};
    int known = 0;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        known |= route->status == statuses[i];
    must(known && route->reason);
    must((int)route->content >= LP_CONTENT_REFUSAL && route->content <= LP_CONTENT_HEALTH);
    must((route->status >= 400) == (route->content == LP_CONTENT_REFUSAL));
    must((route->status >= 400) == (*route->reason != 0));
    must(route->source >= -1 && route->source < policy->count);
    if (route->content == LP_CONTENT_VIDEO || route->content == LP_CONTENT_SNAPSHOT)
        must(route->source >= 0);
    if (route->content == LP_CONTENT_REFUSAL)
        return;
    must(!strcmp(request->method, "GET") || !strcmp(request->method, "HEAD"));
    must(policy->token || !request->host || lp_route_is_loopback(request->host));
    must(route->known || route->content == LP_CONTENT_HEALTH);
    must(!policy->token || !route->known || (request->authorization && strstr(request->authorization, TOKEN)) ||
         (request->cookie && strstr(request->cookie, LP_TOKEN_COOKIE "=" TOKEN)) || strstr(request->target, "token="));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"door", "the yard", "a&b=c%"};
    fuzz_input input = {data, size};
    const int what = fuzz_byte(&input);
    const lp_policy policy = {what & 1 ? TOKEN : NULL, names, (what >> 1) % 4};
    char *const method = text_or(&input, what & 8 ? "HEAD" : "GET"), *const target = text_or(&input, "/live.mjpg");
    char *const host = text_or(&input, "localhost:8710"), *const authorization = text_or(&input, "Bearer " TOKEN);
    char *const cookie = text_or(&input, "a=b; " LP_TOKEN_COOKIE "=" TOKEN), *const accept = fuzz_text(&input);
    const lp_request request = {.method = method,
                                .target = target,
                                .host = what & 16 ? host : NULL,
                                .authorization = what & 32 ? authorization : NULL,
                                .cookie = what & 64 ? cookie : NULL,
                                .accept = what & 128 ? accept : NULL};
    lp_route route, again;
    lp_route_request(&policy, &request, &route);
    lp_route_request(&policy, &request, &again);
    must(route.content == again.content && route.status == again.status && route.source == again.source);
    check(&policy, &request, &route);
    free(method);
    free(target);
    free(host);
    free(authorization);
    free(cookie);
    free(accept);
    return 0;
}
