/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Hands the frames of a run to its viewers.
 *
 *     run -> newest frame of each source (shot.h) -> encoder -> newest JPEG, drawn and plain --\
 *         -> line of each frame, if there is room --> postman -> the last lines ----------------> viewers
 *
 * The run's thread never waits here: it copies a frame only if somebody watches its source, hands it over with atomics,
 * and drops what nobody takes in time. Encoder and postman are threads of the hub; the encoder runs at low priority
 * (behind.h), so that it takes only processor time that the network leaves. A frame is encoded once for all viewers. A
 * slow viewer misses complete pictures and lines, never parts of them. */

#ifndef LP_TOOLS_SERVE_HUB_H
#define LP_TOOLS_SERVE_HUB_H

#include "output/output.h"
#include "serve/blob.h"

typedef struct lp_hub lp_hub;

typedef enum lp_view {
    LP_VIEW_DRAWN = 0, /* JPEG with the people drawn on it */
    LP_VIEW_PLAIN = 1, /* JPEG as the source sent it */
    LP_VIEW_LINES = 2  /* "data: {...}\n\n": an event of the frame's JSON line */
} lp_view;

enum { LP_VIEWS = 3 };

typedef struct lp_hub_options {
    int count;               /* of sources */
    lp_output_options lines; /* of the lines; `draw` and `quality` are those of the pictures */
} lp_hub_options;

/* What `options` points at must outlive the hub. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_hub_create(lp_hub **hub, const lp_hub_options *options, lightpose_error *error);
/* All viewers must have left. */
void lp_hub_destroy(lp_hub **hub);

/* ---- The run's thread -------------------------------------------------------------------------------------------- */

/* `stream` is copied; its strings must outlive the hub. */
void lp_hub_begin(lp_hub *hub, int source, const lp_output_stream *stream);

/* Call it for each finished frame, with its picture if there is one. */
void lp_hub_frame(lp_hub *hub, int source, const lp_output_frame *frame);

/* Whether anybody needs pictures of the source. */
int lp_hub_wants_pictures(const lp_hub *hub, int source);

/* ---- Viewers ----------------------------------------------------------------------------------------------------- */

/* A viewer; the second group of fields is private to the hub. lp_hub_take calls `sleep` if there is nothing new, and
 * another thread calls `wake` once when there is. Both are called with the hub's lock held, so they must not call the
 * hub. */
typedef struct lp_viewer {
    lp_view view;
    int source; /* of lines also -1: all */
    void (*sleep)(void *opaque), (*wake)(void *opaque);
    void *opaque;

    int64_t seen; /* the number of the last blob that it took or skipped */
    int64_t had;  /* of lines: how many of its source had been delivered with the last one that it took */
    int asleep;
    int ended; /* nothing will follow */
    struct lp_viewer *next, **link;
} lp_viewer;

/* Adds a viewer. It gets only frames that come after this call. */
void lp_hub_join(lp_hub *hub, lp_viewer *viewer);
void lp_hub_leave(lp_hub *hub, lp_viewer *viewer);

/* The next item for this viewer: the newest picture, or the oldest line that it has not had and that is still kept. The
 * caller releases it. NULL: nothing yet, and the viewer sleeps; or it has `ended`. */
lp_blob *lp_hub_take(lp_hub *hub, lp_viewer *viewer);

/* Ends all viewers: wakes them, and from now on lp_hub_take gives them nothing. */
void lp_hub_dismiss(lp_hub *hub);

/* Wakes all sleeping viewers without anything new, so that closed connections are noticed. */
void lp_hub_wake_all(lp_hub *hub);

typedef struct lp_hub_counts {
    int64_t viewers[LP_VIEWS];
    int64_t encoded;       /* pictures */
    int64_t encode_ns;     /* spent on drawing and encoding them */
    int64_t missed;        /* lines that viewers were too slow for */
    int64_t lines_dropped; /* for lack of room between the run and the postman, or of memory */
} lp_hub_counts;

void lp_hub_get_counts(const lp_hub *hub, lp_hub_counts *counts);

#endif
