/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Notifies systemd of a run's state, by the protocol of sd_notify(3): datagrams to the socket that $NOTIFY_SOCKET
 * names. Without that variable every call does nothing. */

#ifndef LP_TOOLS_RUN_NOTIFY_H
#define LP_TOOLS_RUN_NOTIFY_H

#include <stdint.h>

typedef struct lp_notify {
    int socket;          /* -1: nobody listens */
    int64_t watchdog_ns; /* WatchdogSec=; 0: none */
    int64_t last_alive, last_status;
} lp_notify;

/* Reads NOTIFY_SOCKET (a path, or "@" and an abstract name), WATCHDOG_USEC and WATCHDOG_PID. */
void lp_notify_open(lp_notify *notify);
void lp_notify_close(lp_notify *notify);

void lp_notify_ready(lp_notify *notify);
void lp_notify_stopping(lp_notify *notify);

/* The run is healthy at `now_ns`: resets the watchdog, at most once per half of its time. */
void lp_notify_alive(lp_notify *notify, int64_t now_ns);

/* Whether a status is due, as it is every 10 s. Then call lp_notify_status with one line. */
int lp_notify_wants_status(lp_notify *notify, int64_t now_ns);
void lp_notify_status(lp_notify *notify, const char *text);

#endif
