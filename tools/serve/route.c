/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/route.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *path;
    lp_content content;
} pages[] = {
    {"/", LP_CONTENT_PAGE},          {"/live.mjpg", LP_CONTENT_VIDEO}, {"/snapshot.jpg", LP_CONTENT_SNAPSHOT},
    {"/poses", LP_CONTENT_LINES},    {"/metrics", LP_CONTENT_METRICS}, {"/status", LP_CONTENT_STATUS},
    {"/healthz", LP_CONTENT_HEALTH},
};

/* ---- The target -------------------------------------------------------------------------------------------------- */

static int hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes percent escapes of `size` bytes. Returns 0 for an incomplete escape or a control character. */
static int decode(const char *from, size_t size, char to[LP_TARGET_SIZE]) {
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        int c = (unsigned char)from[i];
        if (c == '%') {
            if (size - i < 3 || hex(from[i + 1]) < 0 || hex(from[i + 2]) < 0)
                return 0;
            c = hex(from[i + 1]) * 16 + hex(from[i + 2]);
            i += 2;
        }
        if (c < ' ' || c == 0x7f)
            return 0;
        to[used++] = (char)c;
    }
    to[used] = 0;
    return 1;
}

typedef struct query {
    int has_source, has_token, plain, events;
    char source[LP_TARGET_SIZE], token[LP_TARGET_SIZE];
} query;

static int is_named(const char *part, size_t size, const char *name) {
    return size == strlen(name) && !memcmp(part, name, size);
}

static int is_on(const char *value, size_t size) {
    return is_named(value, size, "1") || is_named(value, size, "true");
}

/* Unknown names are ignored. Of equal names the last counts. Returns 0 if a value cannot be decoded. */
static int read_query(const char *text, query *q) {
    while (*text) {
        const size_t size = strcspn(text, "&");
        const char *const equals = memchr(text, '=', size);
        const size_t name = equals ? (size_t)(equals - text) : size;
        const char *const value = equals ? equals + 1 : text + size;
        const size_t rest = (size_t)(text + size - value);
        if (is_named(text, name, "source")) {
            if (!decode(value, rest, q->source))
                return 0;
            q->has_source = 1;
        } else if (is_named(text, name, "token")) {
            if (!decode(value, rest, q->token))
                return 0;
            q->has_token = 1;
        } else if (is_named(text, name, "plain")) {
            q->plain = is_on(value, rest);
        } else if (is_named(text, name, "events")) {
            q->events = is_on(value, rest);
        }
        text += size + (text[size] == '&');
    }
    return 1;
}

/* ---- Access ------------------------------------------------------------------------------------------------------ */

int lp_route_is_loopback(const char *host) {
    char name[64];
    const size_t size = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    if (size >= sizeof name || size > strlen(host))
        return 0;
    memcpy(name, host, size);
    name[size] = 0;
    const char *const port = host + size;
    if (*port && (*port != ':' || strspn(port + 1, "0123456789") != strlen(port + 1)))
        return 0;
    struct in_addr v4; /* all of 127.0.0.0/8 is loopback: hostnames often resolve to 127.0.1.1 */
    return !strcasecmp(name, "localhost") || !strcmp(name, "[::1]") ||
           (inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

/* Takes the same time for every `given` of the same length, so that nobody can find the token byte by byte. */
static int is_token(const char *token, const char *given, size_t size) {
    const size_t length = strlen(token);
    volatile unsigned char differs = size != length;
    for (size_t i = 0; i < length; i++)
        differs |= (unsigned char)(token[i] ^ (i < size ? given[i] : 0));
    return !differs;
}

static int bears_token(const char *token, const char *authorization) {
    static const char scheme[] = "Bearer ";
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return 0;
    authorization += sizeof scheme - 1;
    authorization += strspn(authorization, " ");
    return is_token(token, authorization, strlen(authorization));
}

/* "a=b; lightpose_token=TOKEN" */
static int has_cookie(const char *token, const char *cookies) {
    static const char name[] = LP_TOKEN_COOKIE "=";
    while (cookies && *cookies) {
        cookies += strspn(cookies, " ;");
        const size_t size = strcspn(cookies, ";");
        if (size >= sizeof name - 1 && !memcmp(cookies, name, sizeof name - 1) &&
            is_token(token, cookies + sizeof name - 1, size - (sizeof name - 1)))
            return 1;
        cookies += size;
    }
    return 0;
}

static int is_known(const lp_policy *policy, const lp_request *request, const query *q) {
    return !policy->token || bears_token(policy->token, request->authorization) ||
           has_cookie(policy->token, request->cookie) ||
           (q->has_token && is_token(policy->token, q->token, strlen(q->token)));
}

/* ---- Answers ----------------------------------------------------------------------------------------------------- */

static void refuse(lp_route *route, int status, const char *reason) {
    route->content = LP_CONTENT_REFUSAL;
    route->status = status;
    route->reason = reason;
    route->source = -1;
}

static int has_source(lp_content content) {
    return content == LP_CONTENT_VIDEO || content == LP_CONTENT_SNAPSHOT || content == LP_CONTENT_LINES;
}

/* Finds the source by its name. The default is the first source for a picture, all sources for lines. */
static int find_source(const lp_policy *policy, const query *q, lp_route *route) {
    route->source = route->content == LP_CONTENT_LINES ? -1 : 0;
    if (!q->has_source)
        return policy->count > 0;
    for (int i = 0; i < policy->count; i++)
        if (!strcmp(policy->names[i], q->source)) {
            route->source = i;
            return 1;
        }
    return 0;
}

static void find_page(const lp_policy *policy, const lp_request *request, const char *path, const query *q,
                      lp_route *route) {
    size_t at = 0;
    while (at < sizeof pages / sizeof *pages && strcmp(pages[at].path, path))
        at++;
    if (at == sizeof pages / sizeof *pages) {
        refuse(route, 404,
               "There is no such page. The pages are /, /live.mjpg, /snapshot.jpg, /poses, /metrics, /status "
               "and /healthz.");
        return;
    }
    route->content = pages[at].content;
    if (!route->known && route->content != LP_CONTENT_HEALTH) {
        refuse(route, 401, "This needs the token: the header \"Authorization: Bearer TOKEN\", or ?token=TOKEN.");
        return;
    }
    if (has_source(route->content) && !find_source(policy, q, route)) {
        refuse(route, 404, "There is no such source. /status lists the names.");
        return;
    }
    route->plain = q->plain;
    if (route->content == LP_CONTENT_LINES &&
        (q->events || (request->accept && strstr(request->accept, "text/event-stream"))))
        route->content = LP_CONTENT_EVENTS;
    /* Remove the token from the page's address, which people copy. */
    if (route->content == LP_CONTENT_PAGE && policy->token && q->has_token) {
        route->content = LP_CONTENT_ENTRY;
        route->status = 303;
    }
}

void lp_route_request(const lp_policy *policy, const lp_request *request, lp_route *route) {
    char path[LP_TARGET_SIZE];
    query q = {0};
    const size_t size = request->target ? strlen(request->target) : 0;
    *route = (lp_route){.content = LP_CONTENT_REFUSAL, .status = 200, .reason = "", .source = -1};
    if (!request->method || (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)) {
        refuse(route, 405, "Only GET and HEAD are served.");
        return;
    }
    if (size >= LP_TARGET_SIZE) {
        refuse(route, 414, "The address is too long.");
        return;
    }
    const size_t end = size ? strcspn(request->target, "?") : 0;
    if (!size || request->target[0] != '/' || !decode(request->target, end, path) ||
        !read_query(request->target + end + (request->target[end] == '?'), &q)) {
        refuse(route, 400, "The address cannot be read.");
        return;
    }
    if (!policy->token && request->host && !lp_route_is_loopback(request->host)) {
        refuse(route, 421,
               "Without a token only this machine is served: use localhost or 127.0.0.1 as the host, or start the "
               "server with --token-file.");
        return;
    }
    route->known = is_known(policy, request, &q);
    find_page(policy, request, path, &q, route);
}
