/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a run shows over HTTP: docs/serve.md. One thread of libmicrohttpd answers everybody; nothing that it does or
 * waits for holds up the run (hub.h). */

#ifndef LP_TOOLS_SERVE_SERVER_H
#define LP_TOOLS_SERVE_SERVER_H

#include "output/output.h"
#include "run/gauges.h"

typedef struct lp_server lp_server;

enum {
    LP_SERVE_VIEWERS = 64, /* of pictures and lines, by default */
    LP_SERVE_HEALTHY = 10  /* seconds without a frame, by default */
};

typedef struct lp_server_options {
    const char *address;    /* listen.h */
    const char *token_file; /* NULL: none, which the loopback address alone may have */
    int viewers;            /* at most, of pictures and lines */
    int healthy_seconds;    /* /healthz fails for a source without a frame for so long */
    const lp_gauges *gauges;
    lp_output_options output; /* of lines and pictures */
} lp_server_options;

/* Whether such a server may be: ARGUMENT for an address that is none, and for one beyond the loopback address without a
 * token. UNSUPPORTED where this build has no server. */
LIGHTPOSE_NODISCARD lightpose_status lp_server_check(const char *address, const char *token_file,
                                                     lightpose_error *error);

/* Serves from here on. What the options point at must outlive the server. Errors: lp_server_check's, FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_server_open(lp_server **server, const lp_server_options *options,
                                                    lightpose_error *error);

/* Ends all connections. NULL is fine. */
void lp_server_close(lp_server **server);

/* "http://127.0.0.1:8710/" */
const char *lp_server_url(const lp_server *server);

/* On the run's thread: a source has been opened, a frame is done. `stream` is copied. */
void lp_server_begin(lp_server *server, int source, const lp_output_stream *stream);
void lp_server_frame(lp_server *server, int source, const lp_output_frame *frame);

#endif
