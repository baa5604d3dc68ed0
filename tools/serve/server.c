/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/server.h"

#include "fail.h"
#include "serve/listen.h"

#if LP_HAVE_SERVER

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "run/work.h"
#include "serve/behind.h"
#include "serve/figures.h"
#include "serve/hub.h"
#include "serve/page.h"

/* Limits of what strangers can take. */
enum {
    SPARE_CONNECTIONS = 64,    /* beside the viewers */
    SPARE_OTHERS = 32,         /* of all connections so many are left to other addresses */
    CONNECTION_MEMORY = 16384, /* of a request's line and headers, and of its answer's */
    BLOCK = 8192,              /* of lines, at a time */
    VIDEO_BLOCK = 131072,      /* of a video: most pictures go out in one call */
    SEND_BUFFER = 131072,      /* of a connection, in the kernel: a slow viewer is not far behind */
    REQUEST_SECONDS = 10,      /* for all of a request to arrive */
    ANSWER_SECONDS = 60,       /* for an answer that has an end to be taken */
    IDLE_SECONDS = 60,         /* without a byte in either direction */
    SNAPSHOT_SECONDS = 5       /* for a frame to come */
};

#define SECOND_NS INT64_C(1000000000)

/* A connection. */
typedef struct guest {
    struct lp_server *server;
    int fd;
    int64_t deadline; /* 0: none */
    struct guest *next, **link;
} guest;

/* A request. */
typedef struct visit {
    struct lp_server *server;
    struct MHD_Connection *connection;
    char *target;
    int routed, joined, begun;
    lp_route route;
    int64_t deadline; /* of a snapshot */
    lp_viewer viewer;
    /* What is being sent: the head, then the blob's bytes, then the tail. */
    lp_blob *blob;
    char head[160];
    struct {
        const char *data;
        size_t size;
    } parts[3];
    int part;
    size_t sent; /* of the part */
} visit;

struct lp_server {
    lp_server_options options;
    lp_listen listen;
    char token[LP_TOKEN_LONGEST + 1];
    const char **names;
    lp_policy policy;
    lp_hub *hub;
    struct MHD_Daemon *daemon;

    pthread_t keeper;
    int keeper_started;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t stopped;
    int stop;
    guest *guests;
    int guest_count;
    int64_t refused;
    atomic_int viewers;
};

/* ---- Answers ----------------------------------------------------------------------------------------------------- */

static void add_headers(struct MHD_Response *response, const char *type) {
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

/* Queues the response and lets go of it. */
static enum MHD_Result answer(struct MHD_Connection *connection, int status, struct MHD_Response *response) {
    if (!response)
        return MHD_NO;
    const enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_bytes(struct MHD_Connection *connection, int status, const char *type, const void *bytes,
                                    size_t size) {
    struct MHD_Response *const response =
        MHD_create_response_from_buffer(size, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    if (response)
        add_headers(response, type);
    return answer(connection, status, response);
}

static enum MHD_Result refuse(struct MHD_Connection *connection, int status, const char *reason) {
    char text[256];
    const int size = snprintf(text, sizeof text, "%s\n", reason);
    struct MHD_Response *const response = MHD_create_response_from_buffer((size_t)size, text, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    add_headers(response, "text/plain; charset=utf-8");
    if (status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (status == 405)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    if (status == 503)
        MHD_add_response_header(response, "Retry-After", "5");
    return answer(connection, status, response);
}

static enum MHD_Result let_in(lp_server *server, struct MHD_Connection *connection) {
    char cookie[LP_TOKEN_LONGEST + 80];
    struct MHD_Response *const response = MHD_create_response_from_buffer(0, cookie, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    snprintf(cookie, sizeof cookie, LP_TOKEN_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict", server->token);
    add_headers(response, "text/plain");
    MHD_add_response_header(response, "Set-Cookie", cookie);
    MHD_add_response_header(response, "Location", "/");
    return answer(connection, 303, response);
}

static enum MHD_Result answer_figures(lp_server *server, struct MHD_Connection *connection, const lp_route *route) {
    lp_figures figures = {
        .gauges = server->options.gauges, .now_ns = lp_work_now(), .healthy_seconds = server->options.healthy_seconds};
    lp_text text = {0};
    int status = 200;
    const char *type = "text/plain; charset=utf-8";
    lp_hub_get_counts(server->hub, &figures.counts);
    pthread_mutex_lock(&server->lock);
    figures.connections = server->guest_count;
    figures.refused = server->refused;
    pthread_mutex_unlock(&server->lock);
    if (route->content == LP_CONTENT_METRICS) {
        type = "text/plain; version=0.0.4; charset=utf-8";
        lp_figures_metrics(&figures, &text);
    } else if (route->content == LP_CONTENT_STATUS) {
        type = "application/json";
        lp_figures_status(&figures, &text);
    } else {
        status = lp_figures_health(&figures, route->known, &text) ? 200 : 503;
    }
    const enum MHD_Result result = text.failed ? refuse(connection, 503, "Out of memory.")
                                               : answer_bytes(connection, status, type, text.data, text.size);
    lp_text_free(&text);
    return result;
}

/* ---- Streams ----------------------------------------------------------------------------------------------------- */

/* Called with the hub's lock held, which is what keeps a wake from coming before its sleep. */
static void fall_asleep(void *opaque) {
    MHD_suspend_connection(((visit *)opaque)->connection);
}

static void wake_up(void *opaque) {
    MHD_resume_connection(((visit *)opaque)->connection);
}

static int fd_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *const info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/* libmicrohttpd does not look at a connection that sleeps. */
static int has_left(const visit *v) {
    struct pollfd peer = {.fd = fd_of(v->connection), .events = POLLRDHUP};
    return poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL));
}

/* Joins the hub; 0 where there are too many viewers. */
static int join(visit *v) {
    lp_server *const server = v->server;
    if (atomic_fetch_add(&server->viewers, 1) >= server->options.viewers) {
        atomic_fetch_sub(&server->viewers, 1);
        pthread_mutex_lock(&server->lock);
        server->refused++;
        pthread_mutex_unlock(&server->lock);
        return 0;
    }
    const int lines = v->route.content == LP_CONTENT_LINES || v->route.content == LP_CONTENT_EVENTS;
    v->viewer = (lp_viewer){.view = lines            ? LP_VIEW_LINES
                                    : v->route.plain ? LP_VIEW_PLAIN
                                                     : LP_VIEW_DRAWN,
                            .source = v->route.source,
                            .sleep = fall_asleep,
                            .wake = wake_up,
                            .opaque = v};
    lp_hub_join(server->hub, &v->viewer);
    v->joined = 1;
    return 1;
}

static void leave(visit *v) {
    if (!v->joined)
        return;
    lp_hub_leave(v->server->hub, &v->viewer);
    atomic_fetch_sub(&v->server->viewers, 1);
    v->joined = 0;
}

/* What goes out around a blob. A part of a video ends with the boundary of the next, so that browsers show it at once.
 */
static void wrap(visit *v) {
    static const char boundary[] = "\r\n--frame\r\n";
    const char *data = v->blob->data;
    size_t size = v->blob->size, head = 0, tail = 0;
    if (v->route.content == LP_CONTENT_VIDEO) {
        head = (size_t)snprintf(v->head, sizeof v->head, "%sContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n",
                                v->begun ? "" : boundary + 2, size);
        tail = sizeof boundary - 1;
    } else if (v->route.content == LP_CONTENT_LINES) { /* without "data: ", and with one newline */
        data += 6;
        size -= 7;
    }
    v->begun = 1;
    v->parts[0].data = v->head;
    v->parts[0].size = head;
    v->parts[1].data = data;
    v->parts[1].size = size;
    v->parts[2].data = boundary;
    v->parts[2].size = tail;
    v->part = 0;
    v->sent = 0;
}

static ssize_t read_stream(void *opaque, uint64_t position, char *to, size_t room) {
    visit *const v = opaque;
    size_t filled = 0;
    (void)position;
    while (filled < room) {
        if (!v->blob) {
            if (filled) /* what there is goes out first */
                break;
            if (has_left(v))
                return MHD_CONTENT_READER_END_WITH_ERROR;
            v->blob = lp_hub_take(v->server->hub, &v->viewer);
            if (!v->blob)
                return v->viewer.ended ? MHD_CONTENT_READER_END_OF_STREAM : 0;
            wrap(v);
        }
        const size_t left = v->parts[v->part].size - v->sent, size = left < room - filled ? left : room - filled;
        memcpy(to + filled, v->parts[v->part].data + v->sent, size);
        filled += size;
        v->sent += size;
        if (v->sent == v->parts[v->part].size) {
            v->sent = 0;
            if (++v->part == 3)
                lp_blob_release(&v->blob);
        }
    }
    return (ssize_t)filled;
}

/* The headers of an answer whose size nobody knows yet. */
static enum MHD_Result answer_head(visit *v, const char *type) {
    struct MHD_Response *const response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, v, NULL);
    if (response)
        add_headers(response, type);
    return answer(v->connection, 200, response);
}

static enum MHD_Result answer_stream(visit *v, int head) {
    static const char *const types[] = {[LP_CONTENT_VIDEO] = "multipart/x-mixed-replace; boundary=frame",
                                        [LP_CONTENT_LINES] = "application/jsonl; charset=utf-8",
                                        [LP_CONTENT_EVENTS] = "text/event-stream; charset=utf-8"};
    if (head)
        return answer_head(v, types[v->route.content]);
    if (!join(v))
        return refuse(v->connection, 503, "There are too many viewers (--viewers).");
    const int video = v->route.content == LP_CONTENT_VIDEO;
    struct MHD_Response *const response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, video ? VIDEO_BLOCK : BLOCK, read_stream, v, NULL);
    if (response) {
        add_headers(response, types[v->route.content]);
        if (video) /* parts tell their sizes themselves; chunks, which the connection's memory holds, would be small */
            MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END);
        MHD_add_response_header(response, "X-Accel-Buffering", "no"); /* nginx passes it on as it comes */
    }
    return answer(v->connection, 200, response);
}

/* Comes back here each time that the connection wakes up. */
static enum MHD_Result answer_snapshot(visit *v, int head) {
    if (head)
        return answer_head(v, "image/jpeg");
    if (!v->joined && !join(v))
        return refuse(v->connection, 503, "There are too many viewers (--viewers).");
    if (!v->deadline)
        v->deadline = lp_work_now() + SNAPSHOT_SECONDS * SECOND_NS;
    else if (lp_work_now() > v->deadline) {
        leave(v);
        return refuse(v->connection, 503, "No frame came.");
    }
    lp_blob *blob = lp_hub_take(v->server->hub, &v->viewer);
    if (!blob)
        return v->viewer.ended ? MHD_NO : MHD_YES;
    leave(v);
    const enum MHD_Result result = answer_bytes(v->connection, 200, "image/jpeg", blob->data, blob->size);
    lp_blob_release(&blob);
    return result;
}

/* ---- Requests ---------------------------------------------------------------------------------------------------- */

/* The first call of the server's thread. */
static void step_behind(void) {
    static _Thread_local int done;
    if (!done)
        lp_step_behind();
    done = 1;
}

/* The request's line has come: what it asks for, as it was sent. */
static void *begin_visit(void *opaque, const char *target, struct MHD_Connection *connection) {
    visit *const v = calloc(1, sizeof *v);
    step_behind();
    if (!v || !(v->target = strdup(target))) {
        free(v);
        return NULL;
    }
    v->server = opaque;
    v->connection = connection;
    return v;
}

static void end_visit(void *opaque, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode why) {
    visit *const v = *context;
    (void)opaque, (void)connection, (void)why;
    if (!v)
        return;
    leave(v);
    lp_blob_release(&v->blob);
    free(v->target);
    free(v);
    *context = NULL;
}

static const char *header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void route(visit *v, const char *method) {
    const lp_request request = {.method = method,
                                .target = v->target,
                                .host = header(v->connection, "Host"),
                                .authorization = header(v->connection, "Authorization"),
                                .cookie = header(v->connection, "Cookie"),
                                .accept = header(v->connection, "Accept")};
    lp_route_request(&v->server->policy, &request, &v->route);
    v->routed = 1;
}

/* Gives the connection another time to be done by. */
static void set_deadline(visit *v, int seconds) {
    const union MHD_ConnectionInfo *const info =
        MHD_get_connection_info(v->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    guest *const g = info ? info->socket_context : NULL;
    if (!g)
        return;
    pthread_mutex_lock(&v->server->lock);
    g->deadline = seconds ? lp_work_now() + seconds * SECOND_NS : 0;
    pthread_mutex_unlock(&v->server->lock);
}

static enum MHD_Result handle(void *opaque, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **context) {
    visit *const v = *context;
    lp_server *const server = opaque;
    (void)url, (void)version, (void)upload, (void)upload_size;
    if (!v)
        return MHD_NO;
    if (!v->routed)
        route(v, method);
    const int head = !strcmp(method, "HEAD");
    const lp_content content = v->route.content;
    const int endless = content == LP_CONTENT_VIDEO || content == LP_CONTENT_LINES || content == LP_CONTENT_EVENTS;
    set_deadline(v, endless && !head ? 0 : ANSWER_SECONDS);
    switch (content) {
    case LP_CONTENT_REFUSAL:
        return refuse(connection, v->route.status, v->route.reason);
    case LP_CONTENT_ENTRY:
        return let_in(server, connection);
    case LP_CONTENT_PAGE:
        return answer_bytes(connection, 200, "text/html; charset=utf-8", lp_page, lp_page_size);
    case LP_CONTENT_VIDEO:
    case LP_CONTENT_LINES:
    case LP_CONTENT_EVENTS:
        return answer_stream(v, head);
    case LP_CONTENT_SNAPSHOT:
        return answer_snapshot(v, head);
    case LP_CONTENT_METRICS:
    case LP_CONTENT_STATUS:
    case LP_CONTENT_HEALTH:
        return answer_figures(server, connection, &v->route);
    }
    return MHD_NO;
}

/* ---- Connections ------------------------------------------------------------------------------------------------- */

static void welcome(lp_server *server, struct MHD_Connection *connection, void **context) {
    const int size = SEND_BUFFER, on = 1, idle = 30, interval = 10, count = 3;
    guest *const g = calloc(1, sizeof *g);
    *context = g;
    if (!g) /* it has no time limit but libmicrohttpd's */
        return;
    g->server = server;
    g->fd = fd_of(connection);
    g->deadline = lp_work_now() + REQUEST_SECONDS * SECOND_NS;
    setsockopt(g->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    /* A viewer that vanishes without a word is found out. */
    setsockopt(g->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(g->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(g->fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(g->fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    pthread_mutex_lock(&server->lock);
    g->next = server->guests;
    g->link = &server->guests;
    if (g->next)
        g->next->link = &g->next;
    server->guests = g;
    server->guest_count++;
    pthread_mutex_unlock(&server->lock);
}

static void see_off(lp_server *server, void **context) {
    guest *const g = *context;
    if (!g)
        return;
    pthread_mutex_lock(&server->lock);
    *g->link = g->next;
    if (g->next)
        g->next->link = g->link;
    server->guest_count--;
    pthread_mutex_unlock(&server->lock);
    free(g);
    *context = NULL;
}

static void notice(void *opaque, struct MHD_Connection *connection, void **context,
                   enum MHD_ConnectionNotificationCode what) {
    step_behind();
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        welcome(opaque, connection, context);
    else
        see_off(opaque, context);
}

/* Once a second: ends what is late, and has those that sleep looked after. The socket of a guest on the list is open:
 * it leaves the list before its socket is closed. */
static void *keep(void *opaque) {
    lp_server *const server = opaque;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&server->lock);
    while (!server->stop) {
        next.tv_sec++;
        while (!server->stop && pthread_cond_timedwait(&server->stopped, &server->lock, &next) != ETIMEDOUT)
            continue;
        const int64_t now = lp_work_now();
        for (guest *g = server->guests; g; g = g->next)
            if (g->deadline && now > g->deadline) {
                g->deadline = 0;
                server->refused++;
                shutdown(g->fd, SHUT_RDWR);
            }
        pthread_mutex_unlock(&server->lock);
        lp_hub_wake_all(server->hub);
        pthread_mutex_lock(&server->lock);
    }
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* ---- Begin and end ----------------------------------------------------------------------------------------------- */

lightpose_status lp_server_check(const char *address, const char *token_file, lightpose_error *error) {
    int loopback;
    LP_TRY(lp_listen_check(address, &loopback, error));
    return loopback || token_file
               ? LIGHTPOSE_OK
               : lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                         "serving on %s, which others reach, needs a token: --token-file FILE; or serve on 127.0.0.1",
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
        return lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "the server on %s does not start: %s", s->listen.url,
                       strerror(errno));
    s->listen.fd = -1; /* the daemon's */
    return LIGHTPOSE_OK;
}

static lightpose_status start_keeper(lp_server *s, lightpose_error *error) {
    const int code = pthread_create(&s->keeper, NULL, keep, s);
    s->keeper_started = !code;
    return code ? lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no thread to serve with: %s", strerror(code)) : LIGHTPOSE_OK;
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
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->stopped, &monotonic);
    pthread_condattr_destroy(&monotonic);
    const lp_hub_options hub = {.count = options->gauges->count, .lines = options->output};
    lightpose_status status = set_policy(s, error);
    if (status == LIGHTPOSE_OK)
        status = lp_hub_create(&s->hub, &hub, error);
    if (status == LIGHTPOSE_OK)
        status = lp_listen_make_room(options->viewers + SPARE_CONNECTIONS, options->gauges->count, error);
    if (status == LIGHTPOSE_OK)
        status = lp_listen_open(&s->listen, options->address, error);
    if (status == LIGHTPOSE_OK)
        status = start_daemon(s, error);
    if (status == LIGHTPOSE_OK)
        status = start_keeper(s, error);
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
    pthread_mutex_lock(&s->lock);
    s->stop = 1;
    pthread_cond_signal(&s->stopped);
    pthread_mutex_unlock(&s->lock);
    if (s->keeper_started)
        pthread_join(s->keeper, NULL);
    if (s->hub)
        lp_hub_dismiss(s->hub);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->listen.fd >= 0)
        close(s->listen.fd);
    lp_hub_destroy(&s->hub);
    free(s->names);
    pthread_cond_destroy(&s->stopped);
    pthread_mutex_destroy(&s->lock);
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
