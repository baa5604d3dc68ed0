/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/hub.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/packet.h>

#include "fail.h"
#include "output/encode.h"
#include "output/writers.h"
#include "run/work.h"
#include "serve/behind.h"
#include "serve/shot.h"

enum {
    QUEUE = 256, /* lines between the run and the postman */
    KEPT = 128   /* how many lines a viewer may be behind */
};

typedef struct channel {
    lp_output_stream stream;
    lp_shots shots;
    int64_t frames;
    int64_t lines;                    /* delivered; under the lock */
    atomic_int watched[LP_VIEWS - 1]; /* viewers of its pictures */
    lp_blob *newest[LP_VIEWS - 1];    /* under the lock */
} channel;

struct lp_hub {
    lp_hub_options options;
    channel *channels;
    atomic_int stop, line_viewers;
    lp_text text; /* used only by the run's thread */

    /* A ring without a lock: one thread writes, one reads. */
    lp_blob *queue[QUEUE];
    atomic_uint queue_head, queue_tail;
    sem_t lines_ready, picture_ready;
    pthread_t postman, encoder;
    int postman_started, encoder_started;

    pthread_mutex_t lock;
    lp_viewer *viewers;
    int dismissed;
    lp_blob *kept[KEPT]; /* the line of number n at n % KEPT */
    int64_t last_line;
    int64_t last_picture;

    /* Used only by the encoder. */
    lp_canvas canvas;
    AVPacket *packet;

    _Atomic int64_t encoded, encode_ns, missed, lines_dropped;
};

/* ---- The run's thread -------------------------------------------------------------------------------------------- */

void lp_hub_begin(lp_hub *hub, int source, const lp_output_stream *stream) {
    hub->channels[source].stream = *stream;
}

int lp_hub_wants_pictures(const lp_hub *hub, int source) {
    return atomic_load_explicit(&hub->channels[source].watched[LP_VIEW_DRAWN], memory_order_relaxed) +
           atomic_load_explicit(&hub->channels[source].watched[LP_VIEW_PLAIN], memory_order_relaxed);
}

static void post_line(lp_hub *hub, int source, const lp_output_frame *frame) {
    const unsigned head = atomic_load_explicit(&hub->queue_head, memory_order_relaxed);
    lp_text *const text = &hub->text;
    lp_blob *blob = NULL;
    if (head - atomic_load_explicit(&hub->queue_tail, memory_order_acquire) < QUEUE) {
        lp_text_clear(text);
        lp_text_add(text, "data: ");
        lp_jsonl_line(text, &hub->channels[source].stream, &hub->options.lines, frame);
        lp_text_add(text, "\n");
        if (!text->failed)
            blob = lp_blob_create(text->data, text->size);
    }
    if (!blob) {
        atomic_fetch_add_explicit(&hub->lines_dropped, 1, memory_order_relaxed);
        return;
    }
    blob->source = source;
    hub->queue[head % QUEUE] = blob;
    atomic_store_explicit(&hub->queue_head, head + 1, memory_order_release);
    sem_post(&hub->lines_ready);
}

void lp_hub_frame(lp_hub *hub, int source, const lp_output_frame *frame) {
    channel *const c = &hub->channels[source];
    lightpose_error ignored = {0};
    c->frames++;
    if (atomic_load_explicit(&hub->line_viewers, memory_order_relaxed))
        post_line(hub, source, frame);
    /* If there is no memory, the frame is not shown, and the run continues. */
    if (frame->picture && lp_hub_wants_pictures(hub, source) &&
        lp_shots_put(&c->shots, frame->picture, frame->result, c->frames, &ignored) == LIGHTPOSE_OK)
        sem_post(&hub->picture_ready);
}

/* ---- The postman ------------------------------------------------------------------------------------------------- */

/* With the lock held. */
static void wake(lp_hub *hub, lp_view view, int source) {
    for (lp_viewer *v = hub->viewers; v; v = v->next)
        if (v->asleep && v->view == view && (v->source == source || v->source < 0)) {
            v->asleep = 0;
            v->wake(v->opaque);
        }
}

static void *deliver(void *opaque) {
    lp_hub *const hub = opaque;
    while (!atomic_load(&hub->stop)) {
        const unsigned tail = atomic_load_explicit(&hub->queue_tail, memory_order_relaxed);
        if (atomic_load_explicit(&hub->queue_head, memory_order_acquire) == tail) {
            sem_wait(&hub->lines_ready);
            continue;
        }
        lp_blob *const blob = hub->queue[tail % QUEUE];
        atomic_store_explicit(&hub->queue_tail, tail + 1, memory_order_release);
        pthread_mutex_lock(&hub->lock);
        blob->number = ++hub->last_line;
        blob->of_source = ++hub->channels[blob->source].lines;
        lp_blob_release(&hub->kept[blob->number % KEPT]);
        hub->kept[blob->number % KEPT] = blob;
        wake(hub, LP_VIEW_LINES, blob->source);
        pthread_mutex_unlock(&hub->lock);
    }
    return NULL;
}

/* ---- The encoder ------------------------------------------------------------------------------------------------- */

static lp_blob *encode(lp_hub *hub, const lp_shot *shot, lp_view view) {
    const lightpose_result *const result = view == LP_VIEW_DRAWN ? shot->result : NULL;
    const lp_output_options *const o = &hub->options.lines;
    lightpose_error ignored = {0};
    lp_blob *blob = NULL;
    if (lp_canvas_draw(&hub->canvas, &shot->image, result, &o->draw, &ignored) == LIGHTPOSE_OK &&
        lp_picture_encode(&hub->canvas, LP_PICTURE_LIVE, o->quality, hub->packet, "the live picture", &ignored) ==
            LIGHTPOSE_OK)
        blob = lp_blob_create(hub->packet->data, (size_t)hub->packet->size);
    av_packet_unref(hub->packet);
    return blob;
}

static void show(lp_hub *hub, int source, const lp_shot *shot, lp_view view) {
    channel *const c = &hub->channels[source];
    if (!atomic_load(&c->watched[view]))
        return;
    const int64_t start = lp_work_now();
    lp_blob *const blob = encode(hub, shot, view);
    if (!blob)
        return;
    atomic_fetch_add(&hub->encoded, 1);
    atomic_fetch_add(&hub->encode_ns, lp_work_now() - start);
    blob->source = source;
    pthread_mutex_lock(&hub->lock);
    blob->number = ++hub->last_picture;
    lp_blob_release(&c->newest[view]);
    c->newest[view] = blob;
    wake(hub, view, source);
    pthread_mutex_unlock(&hub->lock);
}

static void *draw_and_encode(void *opaque) {
    lp_hub *const hub = opaque;
    lp_step_behind();
    while (!atomic_load(&hub->stop)) {
        sem_wait(&hub->picture_ready);
        for (int i = 0; i < hub->options.count && !atomic_load(&hub->stop); i++) {
            const lp_shot *const shot = lp_shots_take(&hub->channels[i].shots);
            for (int view = 0; shot && view < LP_VIEWS - 1; view++)
                show(hub, i, shot, (lp_view)view);
        }
    }
    return NULL;
}

/* ---- Viewers ----------------------------------------------------------------------------------------------------- */

static atomic_int *watchers(lp_hub *hub, const lp_viewer *viewer) {
    return viewer->view == LP_VIEW_LINES ? &hub->line_viewers : &hub->channels[viewer->source].watched[viewer->view];
}

void lp_hub_join(lp_hub *hub, lp_viewer *viewer) {
    pthread_mutex_lock(&hub->lock);
    viewer->seen = viewer->view == LP_VIEW_LINES ? hub->last_line : hub->last_picture;
    viewer->had = viewer->source < 0 ? hub->last_line : hub->channels[viewer->source].lines;
    viewer->asleep = 0;
    viewer->next = hub->viewers;
    viewer->link = &hub->viewers;
    if (viewer->next)
        viewer->next->link = &viewer->next;
    hub->viewers = viewer;
    atomic_fetch_add(watchers(hub, viewer), 1);
    pthread_mutex_unlock(&hub->lock);
}

void lp_hub_leave(lp_hub *hub, lp_viewer *viewer) {
    pthread_mutex_lock(&hub->lock);
    *viewer->link = viewer->next;
    if (viewer->next)
        viewer->next->link = viewer->link;
    if (atomic_fetch_sub(watchers(hub, viewer), 1) == 1 && viewer->view != LP_VIEW_LINES)
        lp_blob_release(&hub->channels[viewer->source].newest[viewer->view]);
    pthread_mutex_unlock(&hub->lock);
}

/* With the lock held. */
static lp_blob *next_picture(lp_hub *hub, lp_viewer *viewer) {
    lp_blob *const newest = hub->channels[viewer->source].newest[viewer->view];
    return newest && newest->number > viewer->seen ? newest : NULL;
}

static lp_blob *next_line(lp_hub *hub, lp_viewer *viewer) {
    const int64_t oldest = hub->last_line - KEPT + 1;
    if (viewer->seen + 1 < oldest)
        viewer->seen = oldest - 1;
    while (viewer->seen < hub->last_line) {
        lp_blob *const line = hub->kept[(viewer->seen + 1) % KEPT];
        if (viewer->source < 0 || line->source == viewer->source) {
            const int64_t place = viewer->source < 0 ? line->number : line->of_source;
            atomic_fetch_add(&hub->missed, place - 1 - viewer->had);
            viewer->had = place;
            return line;
        }
        viewer->seen++;
    }
    return NULL;
}

lp_blob *lp_hub_take(lp_hub *hub, lp_viewer *viewer) {
    pthread_mutex_lock(&hub->lock);
    lp_blob *const found = hub->dismissed                  ? NULL
                           : viewer->view == LP_VIEW_LINES ? next_line(hub, viewer)
                                                           : next_picture(hub, viewer);
    if (found) {
        viewer->seen = found->number;
    } else if (hub->dismissed) {
        viewer->ended = 1;
    } else {
        viewer->asleep = 1;
        viewer->sleep(viewer->opaque);
    }
    lp_blob *const shared = lp_blob_share(found);
    pthread_mutex_unlock(&hub->lock);
    return shared;
}

/* With the lock held. */
static void wake_each(lp_hub *hub) {
    for (lp_viewer *v = hub->viewers; v; v = v->next)
        if (v->asleep) {
            v->asleep = 0;
            v->wake(v->opaque);
        }
}

void lp_hub_wake_all(lp_hub *hub) {
    pthread_mutex_lock(&hub->lock);
    wake_each(hub);
    pthread_mutex_unlock(&hub->lock);
}

void lp_hub_dismiss(lp_hub *hub) {
    pthread_mutex_lock(&hub->lock);
    hub->dismissed = 1;
    wake_each(hub);
    pthread_mutex_unlock(&hub->lock);
}

void lp_hub_get_counts(const lp_hub *hub, lp_hub_counts *counts) {
    *counts = (lp_hub_counts){.encoded = atomic_load(&hub->encoded),
                              .encode_ns = atomic_load(&hub->encode_ns),
                              .missed = atomic_load(&hub->missed),
                              .lines_dropped = atomic_load(&hub->lines_dropped)};
    counts->viewers[LP_VIEW_LINES] = atomic_load(&hub->line_viewers);
    for (int i = 0; i < hub->options.count; i++)
        for (int view = 0; view < LP_VIEWS - 1; view++)
            counts->viewers[view] += atomic_load(&hub->channels[i].watched[view]);
}

/* ---- Begin and end ----------------------------------------------------------------------------------------------- */

static lightpose_status start_threads(lp_hub *hub, lightpose_error *error) {
    int code = pthread_create(&hub->postman, NULL, deliver, hub);
    hub->postman_started = !code;
    if (!code) {
        code = pthread_create(&hub->encoder, NULL, draw_and_encode, hub);
        hub->encoder_started = !code;
    }
    return code ? lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no thread to serve with: %s", strerror(code)) : LIGHTPOSE_OK;
}

lightpose_status lp_hub_create(lp_hub **hub, const lp_hub_options *options, lightpose_error *error) {
    *hub = NULL;
    lp_hub *h = calloc(1, sizeof *h);
    if (!h)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to serve");
    h->options = *options;
    h->canvas.quick = 1;
    pthread_mutex_init(&h->lock, NULL);
    sem_init(&h->lines_ready, 0, 0);
    sem_init(&h->picture_ready, 0, 0);
    h->channels = calloc((size_t)options->count + 1, sizeof *h->channels);
    h->packet = av_packet_alloc();
    lightpose_status status = h->channels && h->packet ? LIGHTPOSE_OK
                                                       : lp_fail(error, LIGHTPOSE_ERROR_MEMORY,
                                                                 "no memory to serve %d inputs", options->count);
    for (int i = 0; i < options->count && status == LIGHTPOSE_OK; i++)
        status = lp_shots_open(&h->channels[i].shots, error);
    if (status == LIGHTPOSE_OK)
        status = start_threads(h, error);
    if (status == LIGHTPOSE_OK)
        *hub = h;
    else
        lp_hub_destroy(&h);
    return status;
}

void lp_hub_destroy(lp_hub **hub) {
    lp_hub *const h = *hub;
    if (!h)
        return;
    atomic_store(&h->stop, 1);
    sem_post(&h->lines_ready);
    sem_post(&h->picture_ready);
    if (h->postman_started)
        pthread_join(h->postman, NULL);
    if (h->encoder_started)
        pthread_join(h->encoder, NULL);
    for (unsigned i = atomic_load(&h->queue_tail); i != atomic_load(&h->queue_head); i++)
        lp_blob_release(&h->queue[i % QUEUE]);
    for (int i = 0; i < KEPT; i++)
        lp_blob_release(&h->kept[i]);
    for (int i = 0; h->channels && i < h->options.count; i++) {
        for (int view = 0; view < LP_VIEWS - 1; view++)
            lp_blob_release(&h->channels[i].newest[view]);
        lp_shots_free(&h->channels[i].shots);
    }
    free(h->channels);
    lp_text_free(&h->text);
    lp_canvas_free(&h->canvas);
    av_packet_free(&h->packet);
    pthread_mutex_destroy(&h->lock);
    sem_destroy(&h->lines_ready);
    sem_destroy(&h->picture_ready);
    free(h);
    *hub = NULL;
}
