/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/server.h"

#include "fail.h"
#include "serve/listen.h"

#if LP_HAVE_SERVER

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "run/work.h"
#include "serve/answer.h"
#include "serve/behind.h"
#include "serve/figures.h"
#include "serve/guests.h"
#include "serve/page.h"
#include "serve/stream.h"

/* Limits on what clients can use. */
enum {
    SPARE_CONNECTIONS = 64,    /* in addition to those of viewers */
    SPARE_OTHERS = 32,         /* connections that a single address cannot take */
    CONNECTION_MEMORY = 16384, /* for the first line and headers of request and answer */
    ANSWER_SECONDS = 60,       /* within which a client must read an answer of known size */
    IDLE_SECONDS = 60          /* without a byte in either direction */
};

typedef struct visit {
    struct lp_server *server;
    char *target;
    int routed;
    lp_stream stream;
} visit;

struct lp_server {
    lp_server_options options;
    lp_listen listen;
    char token[LP_TOKEN_LONGEST + 1];
    const char **names;
    lp_policy policy;
    lp_hub *hub;
    struct MHD_Daemon *daemon;
    lp_guests guests;
    lp_audience audience;
};

/* ---- Requests ---------------------------------------------------------------------------------------------------- */

/* Lowers the priority of the server's thread, once. */
static void step_behind(void) {
    static _Thread_local int done;
    if (!done)
        lp_step_behind();
    done = 1;
}

/* Called with the request's target as it was sent, before any decoding. */
static void *begin_visit(void *opaque, const char *target, struct MHD_Connection *connection) {
    visit *const v = calloc(1, sizeof *v);
    step_behind();
    if (!v || !(v->target = strdup(target))) {
        free(v);
        return NULL;
    }
    v->server = opaque;
    v->stream.audience = &v->server->audience;
    v->stream.connection = connection;
    return v;
}

static void end_visit(void *opaque, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode why) {
    visit *const v = *context;
    (void)opaque, (void)connection, (void)why;
    if (!v)
        return;
    lp_stream_end(&v->stream);
    free(v->target);
    free(v);
    *context = NULL;
}

static const char *header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void route(visit *v, struct MHD_Connection *connection, const char *method) {
    const lp_request request = {.method = method,
                                .target = v->target,
                                .host = header(connection, "Host"),
                                .authorization = header(connection, "Authorization"),
                                .cookie = header(connection, "Cookie"),
                                .accept = header(connection, "Accept")};
    lp_route_request(&v->server->policy, &request, &v->stream.route);
    v->routed = 1;
}

static enum MHD_Result answer_figures(lp_server *server, struct MHD_Connection *connection, const lp_route *route) {
    lp_figures figures = {
        .gauges = server->options.gauges, .now_ns = lp_work_now(), .healthy_seconds = server->options.healthy_seconds};
    lp_text text = {0};
    int status = 200;
    const char *type = "text/plain; charset=utf-8";
    lp_hub_get_counts(server->hub, &figures.counts);
    lp_guests_get_counts(&server->guests, &figures.connections, &figures.refused);
    if (route->content == LP_CONTENT_METRICS) {
        type = "text/plain; version=0.0.4; charset=utf-8";
        lp_figures_metrics(&figures, &text);
    } else if (route->content == LP_CONTENT_STATUS) {
        type = "application/json";
        lp_figures_status(&figures, &text);
    } else {
        status = lp_figures_health(&figures, route->known, &text) ? 200 : 503;
    }
    const enum MHD_Result result = text.failed ? lp_answer_refusal(connection, 503, "Out of memory.")
                                               : lp_answer_bytes(connection, status, type, text.data, text.size);
    lp_text_free(&text);
    return result;
}

static enum MHD_Result handle(void *opaque, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **context) {
    visit *const v = *context;
    lp_server *const server = opaque;
    (void)url, (void)version, (void)upload, (void)upload_size;
    if (!v)
        return MHD_NO;
    if (!v->routed)
        route(v, connection, method);
    const int head = !strcmp(method, "HEAD");
    const lp_route *const asked = &v->stream.route;
    const lp_content content = asked->content;
    const int endless = content == LP_CONTENT_VIDEO || content == LP_CONTENT_LINES || content == LP_CONTENT_EVENTS;
    lp_guests_set_deadline(connection, endless && !head ? 0 : ANSWER_SECONDS);
    switch (content) {
    case LP_CONTENT_REFUSAL:
        return lp_answer_refusal(connection, asked->status, asked->reason);
    case LP_CONTENT_ENTRY:
        return lp_answer_entry(connection, server->token);
    case LP_CONTENT_PAGE:
        return lp_answer_bytes(connection, 200, "text/html; charset=utf-8", lp_page, lp_page_size);
    case LP_CONTENT_VIDEO:
    case LP_CONTENT_LINES:
    case LP_CONTENT_EVENTS:
        return lp_stream_answer(&v->stream, head);
    case LP_CONTENT_SNAPSHOT:
        return lp_stream_answer_snapshot(&v->stream, head);
    case LP_CONTENT_METRICS:
    case LP_CONTENT_STATUS:
    case LP_CONTENT_HEALTH:
        return answer_figures(server, connection, asked);
    }
    return MHD_NO;
}

static void notice(void *opaque, struct MHD_Connection *connection, void **context,
                   enum MHD_ConnectionNotificationCode what) {
    lp_server *const server = opaque;
    step_behind();
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        lp_guests_welcome(&server->guests, connection, context);
    else
        lp_guests_see_off(&server->guests, context);
}

/* ---- Begin and end ----------------------------------------------------------------------------------------------- */

lightpose_status lp_server_check(const char *address, const char *token_file, lightpose_error *error) {
    int loopback;
    LP_TRY(lp_listen_check(address, &loopback, error));
    return loopback || token_file ? LIGHTPOSE_OK
                                  : lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                                            "serving on %s, which other machines can reach, needs a token: "
                                            "--token-file FILE; or serve on 127.0.0.1",
                                            address);
}

static lightpose_status start_daemon(lp_server *s, lightpose_error *error) {
    const unsigned all = (unsigned)s->options.viewers + SPARE_CONNECTIONS;
    s->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle,
        s, MHD_OPTION_LISTEN_SOCKET, s->listen.fd, MHD_OPTION_CONNECTION_LIMIT, all, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        all - SPARE_OTHERS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_URI_LOG_CALLBACK, begin_visit, s,
        MHD_OPTION_NOTIFY_COMPLETED, end_visit, s, MHD_OPTION_NOTIFY_CONNECTION, notice, s, MHD_OPTION_END);
    if (!s->daemon)
        return lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "the server on %s cannot start: %s", s->listen.url,
                       strerror(errno));
    s->listen.fd = -1; /* the daemon owns it now */
    return LIGHTPOSE_OK;
}

/* Wakes sleeping viewers, so that closed connections are noticed. */
static void look_after(void *opaque) {
    lp_hub_wake_all(((lp_server *)opaque)->hub);
}

static lightpose_status set_policy(lp_server *s, lightpose_error *error) {
    const lp_gauges *const gauges = s->options.gauges;
    s->names = calloc((size_t)gauges->count + 1, sizeof *s->names);
    if (!s->names)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to serve %d inputs", gauges->count);
    for (int i = 0; i < gauges->count; i++)
        s->names[i] = gauges->sources[i].name;
    s->policy = (lp_policy){.names = s->names, .count = gauges->count};
    if (!s->options.token_file)
        return LIGHTPOSE_OK;
    s->policy.token = s->token;
    return lp_listen_read_token(s->options.token_file, s->token, error);
}

lightpose_status lp_server_open(lp_server **server, const lp_server_options *options, lightpose_error *error) {
    *server = NULL;
    LP_TRY(lp_server_check(options->address, options->token_file, error));
    lp_server *s = calloc(1, sizeof *s);
    if (!s)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to serve");
    s->options = *options;
    s->listen.fd = -1;
    lp_guests_open(&s->guests);
    const lp_hub_options hub = {.count = options->gauges->count, .lines = options->output};
    lightpose_status status = set_policy(s, error);
    if (status == LIGHTPOSE_OK)
        status = lp_hub_create(&s->hub, &hub, error);
    if (status == LIGHTPOSE_OK)
        status = lp_listen_make_room(options->viewers + SPARE_CONNECTIONS, options->gauges->count, error);
    if (status == LIGHTPOSE_OK)
        status = lp_listen_open(&s->listen, options->address, error);
    s->audience = (lp_audience){.hub = s->hub, .guests = &s->guests, .limit = options->viewers};
    if (status == LIGHTPOSE_OK)
        status = start_daemon(s, error);
    if (status == LIGHTPOSE_OK)
        status = lp_guests_keep(&s->guests, look_after, s, error);
    if (status == LIGHTPOSE_OK)
        *server = s;
    else
        lp_server_close(&s);
    return status;
}

void lp_server_close(lp_server **server) {
    lp_server *const s = *server;
    if (!s)
        return;
    lp_guests_stop(&s->guests);
    if (s->hub)
        lp_hub_dismiss(s->hub);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->listen.fd >= 0)
        close(s->listen.fd);
    lp_hub_destroy(&s->hub);
    free(s->names);
    lp_guests_close(&s->guests);
    explicit_bzero(s->token, sizeof s->token);
    free(s);
    *server = NULL;
}

const char *lp_server_url(const lp_server *server) {
    return server->listen.url;
}

void lp_server_begin(lp_server *server, int source, const lp_output_stream *stream) {
    lp_hub_begin(server->hub, source, stream);
}

void lp_server_frame(lp_server *server, int source, const lp_output_frame *frame) {
    lp_hub_frame(server->hub, source, frame);
}

#else

lightpose_status lp_server_check(const char *address, const char *token_file, lightpose_error *error) {
    (void)address, (void)token_file;
    return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED,
                   "this build has no server (meson option \"server\", libmicrohttpd)");
}

lightpose_status lp_server_open(lp_server **server, const lp_server_options *options, lightpose_error *error) {
    *server = NULL;
    return lp_server_check(options->address, options->token_file, error);
}

void lp_server_close(lp_server **server) {
    *server = NULL;
}

const char *lp_server_url(const lp_server *server) {
    (void)server;
    return "";
}

void lp_server_begin(lp_server *server, int source, const lp_output_stream *stream) {
    (void)server, (void)source, (void)stream;
}

void lp_server_frame(lp_server *server, int source, const lp_output_frame *frame) {
    (void)server, (void)source, (void)frame;
}

#endif
