/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Answers that are sent as the run goes on: videos, lines, events, and the next picture. */

#ifndef LP_TOOLS_SERVE_STREAM_H
#define LP_TOOLS_SERVE_STREAM_H

#include <microhttpd.h>

#include "serve/guests.h"
#include "serve/hub.h"
#include "serve/route.h"

/* All viewers. */
typedef struct lp_audience {
    lp_hub *hub;
    lp_guests *guests;
    int limit;
    atomic_int count;
} lp_audience;

/* The answer to one of them. Set the first three members and zero the rest. */
typedef struct lp_stream {
    lp_audience *audience;
    struct MHD_Connection *connection;
    lp_route route;

    int joined, begun;
    int64_t deadline; /* of a snapshot */
    lp_viewer viewer;
    /* What is being sent: head, the blob's bytes, tail. */
    lp_blob *blob;
    char head[160];
    struct {
        const char *data;
        size_t size;
    } parts[3];
    int part;
    size_t sent; /* of the part */
} lp_stream;

/* Answers with a video, lines or events. `head`: only their headers. */
enum MHD_Result lp_stream_answer(lp_stream *stream, int head);

/* Answers with a snapshot. Call it again each time the connection wakes up, until there is an answer. */
enum MHD_Result lp_stream_answer_snapshot(lp_stream *stream, int head);

/* Call it also for a stream that never began. */
void lp_stream_end(lp_stream *stream);

#endif
