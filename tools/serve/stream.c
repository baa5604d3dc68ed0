/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/stream.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "run/work.h"
#include "serve/answer.h"

enum {
    BLOCK = 8192,         /* bytes of lines sent at a time */
    VIDEO_BLOCK = 131072, /* for a video: most pictures are sent in one call */
    SNAPSHOT_SECONDS = 5  /* longest wait for a frame */
};

/* Called with the hub's lock held, so that a wake cannot come before its sleep. */
static void fall_asleep(void *opaque) {
    MHD_suspend_connection(((lp_stream *)opaque)->connection);
}

static void wake_up(void *opaque) {
    MHD_resume_connection(((lp_stream *)opaque)->connection);
}

/* Whether the client has closed the connection: libmicrohttpd does not poll suspended connections. */
static int has_left(const lp_stream *s) {
    struct pollfd peer = {.fd = lp_guests_fd(s->connection), .events = POLLRDHUP};
    return poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL));
}

/* Joins the hub. Returns 0 if there are too many viewers. */
static int join(lp_stream *s) {
    lp_audience *const audience = s->audience;
    if (atomic_fetch_add(&audience->count, 1) >= audience->limit) {
        atomic_fetch_sub(&audience->count, 1);
        lp_guests_refuse(audience->guests);
        return 0;
    }
    const int lines = s->route.content == LP_CONTENT_LINES || s->route.content == LP_CONTENT_EVENTS;
    s->viewer = (lp_viewer){.view = lines            ? LP_VIEW_LINES
                                    : s->route.plain ? LP_VIEW_PLAIN
                                                     : LP_VIEW_DRAWN,
                            .source = s->route.source,
                            .sleep = fall_asleep,
                            .wake = wake_up,
                            .opaque = s};
    lp_hub_join(audience->hub, &s->viewer);
    s->joined = 1;
    return 1;
}

static void leave(lp_stream *s) {
    if (!s->joined)
        return;
    lp_hub_leave(s->audience->hub, &s->viewer);
    atomic_fetch_sub(&s->audience->count, 1);
    s->joined = 0;
}

/* Prepares what is sent around a blob. A part of a video ends with the boundary of the next one, so that browsers show
 * it at once. */
static void wrap(lp_stream *s) {
    static const char boundary[] = "\r\n--frame\r\n";
    const char *data = s->blob->data;
    size_t size = s->blob->size, head = 0, tail = 0;
    if (s->route.content == LP_CONTENT_VIDEO) {
        head = (size_t)snprintf(s->head, sizeof s->head, "%sContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n",
                                s->begun ? "" : boundary + 2, size);
        tail = sizeof boundary - 1;
    } else if (s->route.content == LP_CONTENT_LINES) { /* without "data: ", and with one newline */
        data += 6;
        size -= 7;
    }
    s->begun = 1;
    s->parts[0].data = s->head;
    s->parts[0].size = head;
    s->parts[1].data = data;
    s->parts[1].size = size;
    s->parts[2].data = boundary;
    s->parts[2].size = tail;
    s->part = 0;
    s->sent = 0;
}

static ssize_t read_stream(void *opaque, uint64_t position, char *to, size_t room) {
    lp_stream *const s = opaque;
    size_t filled = 0;
    (void)position;
    while (filled < room) {
        if (!s->blob) {
            if (filled) /* send that first */
                break;
            if (has_left(s))
                return MHD_CONTENT_READER_END_WITH_ERROR;
            s->blob = lp_hub_take(s->audience->hub, &s->viewer);
            if (!s->blob)
                return s->viewer.ended ? MHD_CONTENT_READER_END_OF_STREAM : 0;
            wrap(s);
        }
        const size_t left = s->parts[s->part].size - s->sent, size = left < room - filled ? left : room - filled;
        memcpy(to + filled, s->parts[s->part].data + s->sent, size);
        filled += size;
        s->sent += size;
        if (s->sent == s->parts[s->part].size) {
            s->sent = 0;
            if (++s->part == 3)
                lp_blob_release(&s->blob);
        }
    }
    return (ssize_t)filled;
}

/* The headers of an answer of unknown size. */
static enum MHD_Result answer_head(lp_stream *s, const char *type) {
    struct MHD_Response *const response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, s, NULL);
    if (response)
        lp_answer_add_headers(response, type);
    return lp_answer(s->connection, 200, response);
}

enum MHD_Result lp_stream_answer(lp_stream *s, int head) {
    static const char *const types[] = {[LP_CONTENT_VIDEO] = "multipart/x-mixed-replace; boundary=frame",
                                        [LP_CONTENT_LINES] = "application/jsonl; charset=utf-8",
                                        [LP_CONTENT_EVENTS] = "text/event-stream; charset=utf-8"};
    if (head)
        return answer_head(s, types[s->route.content]);
    if (!join(s))
        return lp_answer_refusal(s->connection, 503, "There are too many viewers (--viewers).");
    const int video = s->route.content == LP_CONTENT_VIDEO;
    struct MHD_Response *const response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, video ? VIDEO_BLOCK : BLOCK, read_stream, s, NULL);
    if (response) {
        lp_answer_add_headers(response, types[s->route.content]);
        if (video) /* not chunked: parts give their own sizes, and chunks would be limited by CONNECTION_MEMORY */
            MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END);
        MHD_add_response_header(response, "X-Accel-Buffering", "no"); /* nginx does not buffer it */
    }
    return lp_answer(s->connection, 200, response);
}

enum MHD_Result lp_stream_answer_snapshot(lp_stream *s, int head) {
    if (head)
        return answer_head(s, "image/jpeg");
    if (!s->joined && !join(s))
        return lp_answer_refusal(s->connection, 503, "There are too many viewers (--viewers).");
    if (!s->deadline)
        s->deadline = lp_work_now() + SNAPSHOT_SECONDS * INT64_C(1000000000);
    else if (lp_work_now() > s->deadline) {
        leave(s);
        return lp_answer_refusal(s->connection, 503, "No frame came.");
    }
    lp_blob *blob = lp_hub_take(s->audience->hub, &s->viewer);
    if (!blob)
        return s->viewer.ended ? MHD_NO : MHD_YES;
    leave(s);
    const enum MHD_Result result = lp_answer_bytes(s->connection, 200, "image/jpeg", blob->data, blob->size);
    lp_blob_release(&blob);
    return result;
}

void lp_stream_end(lp_stream *s) {
    leave(s);
    lp_blob_release(&s->blob);
}
