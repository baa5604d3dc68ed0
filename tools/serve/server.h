/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Serves a run over HTTP: docs/serve.md. One thread of libmicrohttpd answers all requests; it never delays the run
 * (hub.h). */

#ifndef LP_TOOLS_SERVE_SERVER_H
#define LP_TOOLS_SERVE_SERVER_H

#include "output/output.h"
#include "run/gauges.h"

typedef struct lp_server lp_server;

enum {
    LP_SERVE_VIEWERS = 64, /* of pictures and lines, by default */
    LP_SERVE_HEALTHY = 10  /* healthy_seconds, by default */
};

typedef struct lp_server_options {
    const char *address;    /* listen.h */
    const char *token_file; /* NULL: none, which is allowed only on a loopback address */
    int viewers;            /* at most, of pictures and lines */
    int healthy_seconds;    /* /healthz fails for a source without a frame for this long */
    const lp_gauges *gauges;
    lp_output_options output; /* of lines and pictures */
} lp_server_options;

/* Checks the options. Errors: ARGUMENT for an invalid address, or for one other than loopback without a token;
 * UNSUPPORTED if this build has no server. */
LIGHTPOSE_NODISCARD lightpose_status lp_server_check(const char *address, const char *token_file,
                                                     lightpose_error *error);

/* Starts to serve. What `options` points at must outlive the server. Errors: those of lp_server_check, FILE, ENGINE,
 * MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_server_open(lp_server **server, const lp_server_options *options,
                                                    lightpose_error *error);

/* Ends all connections. *server may be NULL. */
void lp_server_close(lp_server **server);

/* "http://127.0.0.1:8710/" */
const char *lp_server_url(const lp_server *server);

/* Call these on the run's thread when a source has been opened and when a frame is done. `stream` is copied. */
void lp_server_begin(lp_server *server, int source, const lp_output_stream *stream);
void lp_server_frame(lp_server *server, int source, const lp_output_frame *frame);

#endif
