/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* From the frames of a run to whoever watches.
 *
 *     run -> newest frame of each source (shot.h) -> encoder -> newest JPEG, drawn and plain --\
 *         -> line of each frame, if there is room --> postman -> the last lines ----------------> viewers
 *
 * The run's thread never waits here: it copies a frame only where somebody watches its source, hands over by atomics,
 * and leaves out what nobody takes in time. Encoder and postman are threads of the hub, the encoder at the lowest
 * priority, so that it works on what the network leaves. A frame is encoded once, whoever many watch. A viewer that is
 * slow misses pictures and lines, whole ones. */

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
    lp_output_options lines; /* of the lines; its drawing and quality of the pictures */
} lp_hub_options;

/* What the options point at must outlive the hub. MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_hub_create(lp_hub **hub, const lp_hub_options *options, lightpose_error *error);
/* Viewers must have left. */
void lp_hub_destroy(lp_hub **hub);

/* ---- The run's thread -------------------------------------------------------------------------------------------- */

/* `stream` is copied; its strings must outlive the hub. */
void lp_hub_begin(lp_hub *hub, int source, const lp_output_stream *stream);

/* A frame is done, with its picture where it has one. */
void lp_hub_frame(lp_hub *hub, int source, const lp_output_frame *frame);

/* Whether anybody needs pictures of the source. */
int lp_hub_wants_pictures(const lp_hub *hub, int source);

/* ---- Viewers ----------------------------------------------------------------------------------------------------- */

/* Whoever watches; its own fields are the hub's. `sleep` is called inside lp_hub_take where there is nothing new, and
 * `wake` from another thread, once, as soon as there is; both with the hub's lock held, so that they must not call the
 * hub. */
typedef struct lp_viewer {
    lp_view view;
    int source; /* of lines also -1: all */
    void (*sleep)(void *opaque), (*wake)(void *opaque);
    void *opaque;

    int64_t seen; /* the number of the last blob that it took */
    int asleep;
    int ended; /* nothing comes any more */
    struct lp_viewer *next, **link;
} lp_viewer;

/* From here on frames are made for it. It begins with what comes next. */
void lp_hub_join(lp_hub *hub, lp_viewer *viewer);
void lp_hub_leave(lp_hub *hub, lp_viewer *viewer);

/* What comes next for this viewer: the newest picture, or the oldest line that it has not had and that is still there.
 * The caller releases it. NULL: nothing yet; the viewer sleeps. */
lp_blob *lp_hub_take(lp_hub *hub, lp_viewer *viewer);

/* Ends all viewers: they are woken, and lp_hub_take gives them nothing, from here on. */
void lp_hub_dismiss(lp_hub *hub);

/* Wakes all that sleep, with nothing new: to look after them. */
void lp_hub_wake_all(lp_hub *hub);

typedef struct lp_hub_counts {
    int64_t viewers[LP_VIEWS];
    int64_t encoded;       /* pictures */
    int64_t encode_ns;     /* spent on them */
    int64_t missed;        /* pictures and lines that viewers were too slow for */
    int64_t lines_dropped; /* for lack of room between the run and the postman */
} lp_hub_counts;

void lp_hub_get_counts(const lp_hub *hub, lp_hub_counts *counts);

#endif
