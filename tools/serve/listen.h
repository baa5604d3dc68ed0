/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Where the server listens, and the token that lets in. */

#ifndef LP_TOOLS_SERVE_LISTEN_H
#define LP_TOOLS_SERVE_LISTEN_H

#include <lightpose/lightpose.h>

#include "serve/route.h"

#define LP_SERVE_ADDRESS "127.0.0.1:8710" /* where nothing else is said */

typedef struct lp_listen {
    int fd;
    int loopback;  /* nobody but this machine reaches it */
    char url[320]; /* "http://127.0.0.1:8710/" */
} lp_listen;

/* Resolves "HOST:PORT", "[IPV6]:PORT" or "PORT" (on 127.0.0.1). Errors: ARGUMENT. */
LIGHTPOSE_NODISCARD lightpose_status lp_listen_check(const char *address, int *loopback, lightpose_error *error);

/* Opens the socket; port 0 takes any free one. Errors: ARGUMENT, and FILE where the system refuses. */
LIGHTPOSE_NODISCARD lightpose_status lp_listen_open(lp_listen *listen, const char *address, lightpose_error *error);

/* Sees to it that the process may open as many files as `connections` connections and a run of `sources` need: where it
 * may not, it raises the soft limit, which would else be reached by outputs. Errors: FILE where the hard limit is too
 * low. */
LIGHTPOSE_NODISCARD lightpose_status lp_listen_make_room(int connections, int sources, lightpose_error *error);

/* The first line of the file: LP_TOKEN_SHORTEST to LP_TOKEN_LONGEST printable characters without spaces, semicolons,
 * commas and quotes. A file that others may read is refused. Errors: FILE, ARGUMENT. */
LIGHTPOSE_NODISCARD lightpose_status lp_listen_read_token(const char *path, char token[LP_TOKEN_LONGEST + 1],
                                                          lightpose_error *error);

#endif
