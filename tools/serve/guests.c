/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/guests.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "fail.h"
#include "run/work.h"

enum {
    SEND_BUFFER = 131072, /* of the socket: bounds how old the pictures of a slow viewer are */
    REQUEST_SECONDS = 10  /* within which a request must arrive completely */
};

#define SECOND_NS INT64_C(1000000000)

struct lp_guest {
    lp_guests *guests;
    int fd;
    int64_t deadline; /* 0: none */
    lp_guest *next, **link;
};

int lp_guests_fd(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *const info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

void lp_guests_welcome(lp_guests *guests, struct MHD_Connection *connection, void **context) {
    const int size = SEND_BUFFER, on = 1, idle = 30, interval = 10, count = 3;
    lp_guest *const g = calloc(1, sizeof *g);
    *context = g;
    if (!g) /* only libmicrohttpd's own time limit holds */
        return;
    g->guests = guests;
    g->fd = lp_guests_fd(connection);
    g->deadline = lp_work_now() + REQUEST_SECONDS * SECOND_NS;
    setsockopt(g->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    /* Detects viewers that vanish without closing the connection. */
    setsockopt(g->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(g->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(g->fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(g->fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    pthread_mutex_lock(&guests->lock);
    g->next = guests->first;
    g->link = &guests->first;
    if (g->next)
        g->next->link = &g->next;
    guests->first = g;
    guests->count++;
    pthread_mutex_unlock(&guests->lock);
}

void lp_guests_see_off(lp_guests *guests, void **context) {
    lp_guest *const g = *context;
    if (!g)
        return;
    pthread_mutex_lock(&guests->lock);
    *g->link = g->next;
    if (g->next)
        g->next->link = g->link;
    guests->count--;
    pthread_mutex_unlock(&guests->lock);
    free(g);
    *context = NULL;
}

void lp_guests_set_deadline(struct MHD_Connection *connection, int seconds) {
    const union MHD_ConnectionInfo *const info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    lp_guest *const g = info ? info->socket_context : NULL;
    if (!g)
        return;
    pthread_mutex_lock(&g->guests->lock);
    g->deadline = seconds ? lp_work_now() + seconds * SECOND_NS : 0;
    pthread_mutex_unlock(&g->guests->lock);
}

void lp_guests_refuse(lp_guests *guests) {
    pthread_mutex_lock(&guests->lock);
    guests->refused++;
    pthread_mutex_unlock(&guests->lock);
}

void lp_guests_get_counts(lp_guests *guests, int64_t *open, int64_t *refused) {
    pthread_mutex_lock(&guests->lock);
    *open = guests->count;
    *refused = guests->refused;
    pthread_mutex_unlock(&guests->lock);
}

/* ---- The keeper -------------------------------------------------------------------------------------------------- */

/* The sockets on the list are open: a guest leaves the list before its socket is closed. */
static void *keep(void *opaque) {
    lp_guests *const guests = opaque;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&guests->lock);
    while (!guests->stop) {
        next.tv_sec++;
        while (!guests->stop && pthread_cond_timedwait(&guests->stopped, &guests->lock, &next) != ETIMEDOUT)
            continue;
        const int64_t now = lp_work_now();
        for (lp_guest *g = guests->first; g; g = g->next)
            if (g->deadline && now > g->deadline) {
                g->deadline = 0;
                guests->refused++;
                shutdown(g->fd, SHUT_RDWR);
            }
        pthread_mutex_unlock(&guests->lock);
        guests->look_after(guests->opaque);
        pthread_mutex_lock(&guests->lock);
    }
    pthread_mutex_unlock(&guests->lock);
    return NULL;
}

void lp_guests_open(lp_guests *guests) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    *guests = (lp_guests){.count = 0};
    pthread_mutex_init(&guests->lock, NULL);
    pthread_cond_init(&guests->stopped, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

lightpose_status lp_guests_keep(lp_guests *guests, void (*look_after)(void *opaque), void *opaque,
                                lightpose_error *error) {
    guests->look_after = look_after;
    guests->opaque = opaque;
    const int code = pthread_create(&guests->keeper, NULL, keep, guests);
    guests->started = !code;
    return code ? lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no thread to serve with: %s", strerror(code)) : LIGHTPOSE_OK;
}

void lp_guests_stop(lp_guests *guests) {
    pthread_mutex_lock(&guests->lock);
    guests->stop = 1;
    pthread_cond_signal(&guests->stopped);
    pthread_mutex_unlock(&guests->lock);
    if (guests->started)
        pthread_join(guests->keeper, NULL);
    guests->started = 0;
}

void lp_guests_close(lp_guests *guests) {
    pthread_cond_destroy(&guests->stopped);
    pthread_mutex_destroy(&guests->lock);
}
