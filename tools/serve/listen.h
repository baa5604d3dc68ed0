/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The address where the server listens, its limit of open files, and the token. */

#ifndef LP_TOOLS_SERVE_LISTEN_H
#define LP_TOOLS_SERVE_LISTEN_H

#include <lightpose/lightpose.h>

#include "serve/route.h"

#define LP_SERVE_ADDRESS "127.0.0.1:8710" /* the default */

typedef struct lp_listen {
    int fd;
    int loopback;  /* only this machine can reach it */
    char url[320]; /* "http://127.0.0.1:8710/" */
} lp_listen;

/* Resolves "HOST:PORT", "[IPV6]:PORT" or "PORT" (on 127.0.0.1). Errors: ARGUMENT. */
LIGHTPOSE_NODISCARD lightpose_status lp_listen_check(const char *address, int *loopback, lightpose_error *error);

/* Opens the socket; port 0 takes any free one. Errors: ARGUMENT, and FILE if the system refuses. */
LIGHTPOSE_NODISCARD lightpose_status lp_listen_open(lp_listen *listen, const char *address, lightpose_error *error);

/* Raises the soft limit of open files if `connections` connections and a run of `sources` may need more; otherwise
 * outputs would fail to open. Errors: FILE if the hard limit is too low even for the connections. */
LIGHTPOSE_NODISCARD lightpose_status lp_listen_make_room(int connections, int sources, lightpose_error *error);

/* Reads the first line of the file: LP_TOKEN_SHORTEST to LP_TOKEN_LONGEST printable ASCII characters, but no spaces,
 * semicolons, commas, double quotes and backslashes. A file with any permission for others is refused. Errors: FILE,
 * ARGUMENT. */
LIGHTPOSE_NODISCARD lightpose_status lp_listen_read_token(const char *path, char token[LP_TOKEN_LONGEST + 1],
                                                          lightpose_error *error);

#endif
