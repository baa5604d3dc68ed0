/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Open connections and their deadlines. */

#ifndef LP_TOOLS_SERVE_GUESTS_H
#define LP_TOOLS_SERVE_GUESTS_H

#include <pthread.h>
#include <stdint.h>

#include <microhttpd.h>

#include <lightpose/lightpose.h>

typedef struct lp_guest lp_guest;

/* The fields are private. */
typedef struct lp_guests {
    pthread_t keeper;
    int started;
    void (*look_after)(void *opaque);
    void *opaque;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t stopped;
    int stop;
    lp_guest *first;
    int64_t count, refused;
} lp_guests;

void lp_guests_open(lp_guests *guests);

/* Starts a thread that, once a second, shuts down connections past their deadline and calls `look_after`. Errors:
 * MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_guests_keep(lp_guests *guests, void (*look_after)(void *opaque), void *opaque,
                                                    lightpose_error *error);

/* Stops that thread, if it was started. */
void lp_guests_stop(lp_guests *guests);

/* Call it after all connections have been seen off. */
void lp_guests_close(lp_guests *guests);

/* A connection has begun, or ended. Called from libmicrohttpd's notifications, with its context of the socket. */
void lp_guests_welcome(lp_guests *guests, struct MHD_Connection *connection, void **context);
void lp_guests_see_off(lp_guests *guests, void **context);

/* Sets the connection's deadline to `seconds` from now; 0: none. */
void lp_guests_set_deadline(struct MHD_Connection *connection, int seconds);

/* Counts a refusal. */
void lp_guests_refuse(lp_guests *guests);
void lp_guests_get_counts(lp_guests *guests, int64_t *open, int64_t *refused);

/* The connection's socket, or -1. */
int lp_guests_fd(struct MHD_Connection *connection);

#endif
