/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STATUS_NS INT64_C(10000000000)

static int connect_to(const char *name) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const size_t size = strlen(name);
    if ((*name != '/' && *name != '@') || size >= sizeof to.sun_path)
        return -1;
    memcpy(to.sun_path, name, size);
    if (*name == '@')
        to.sun_path[0] = '\0';
    const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 &&
        connect(descriptor, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) == 0)
        return descriptor;
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

/* The positive number in an environment variable; 0 if there is none. */
static int64_t number_in(const char *variable) {
    const char *const text = getenv(variable);
    char *end = NULL;
    errno = 0;
    const int64_t number = text ? strtoll(text, &end, 10) : 0;
    return text && end != text && !*end && !errno && number > 0 ? number : 0;
}

void lp_notify_open(lp_notify *notify) {
    const char *const name = getenv("NOTIFY_SOCKET");
    *notify = (lp_notify){.socket = name ? connect_to(name) : -1};
    const int64_t process = number_in("WATCHDOG_PID"), time_us = number_in("WATCHDOG_USEC");
    if (notify->socket >= 0 && (!process || process == getpid()) && time_us < INT64_MAX / 1000)
        notify->watchdog_ns = time_us * 1000;
}

/* A datagram that cannot be sent at once is lost: another follows soon. */
static void tell(const lp_notify *notify, const char *text) {
    if (notify->socket >= 0)
        (void)!send(notify->socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void lp_notify_ready(lp_notify *notify) {
    char text[64];
    snprintf(text, sizeof text, "READY=1\nMAINPID=%ld", (long)getpid());
    tell(notify, text);
}

void lp_notify_stopping(lp_notify *notify) {
    tell(notify, "STOPPING=1");
}

void lp_notify_close(lp_notify *notify) {
    if (notify->socket >= 0)
        close(notify->socket);
    *notify = (lp_notify){.socket = -1};
}

void lp_notify_alive(lp_notify *notify, int64_t now_ns) {
    if (!notify->watchdog_ns || (notify->last_alive && now_ns - notify->last_alive < notify->watchdog_ns / 2))
        return;
    notify->last_alive = now_ns;
    tell(notify, "WATCHDOG=1");
}

int lp_notify_wants_status(lp_notify *notify, int64_t now_ns) {
    if (notify->socket < 0 || (notify->last_status && now_ns - notify->last_status < STATUS_NS))
        return 0;
    notify->last_status = now_ns;
    return 1;
}

void lp_notify_status(lp_notify *notify, const char *text) {
    char line[300];
    snprintf(line, sizeof line, "STATUS=%s", text);
    for (char *c = line; *c; c++) /* a line break would begin another variable */
        *c = *c == '\n' ? ' ' : *c;
    tell(notify, line);
}
