/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The engine's readers: they put the frames of a source on its lane. */

#include <stdlib.h>

#include "fail.h"
#include "run/engine_inside.h"
#include "run/work.h"

/* Waits for a free slot at the end of the lane; NULL when the engine closes. Call with the lock held. */
static lp_job *wait_for_place(lp_lane *l) {
    lp_engine *const e = l->engine;
    while (!atomic_load(&e->quit) && l->last - l->first == l->capacity)
        pthread_cond_wait(&e->freed, &e->lock);
    return atomic_load(&e->quit) ? NULL : lp_lane_at(l, l->last);
}

/* Puts a begin or an end on the lane. */
static int put_mark(lp_lane *l, lp_job_kind kind, int source, const lp_input_about *about, const lp_input *input,
                    const lightpose_error *error) {
    lp_engine *const e = l->engine;
    pthread_mutex_lock(&e->lock);
    lp_job *const job = wait_for_place(l);
    if (job) {
        job->kind = kind;
        job->source = source;
        job->phase = PHASE_DONE;
        job->error = error ? *error : (lightpose_error){0};
        job->reconnects = input ? lp_input_reconnects(input) : 0;
        job->stopped = lp_engine_is_told_to_stop(e);
        if (about)
            job->about = *about;
        l->last++;
        pthread_cond_broadcast(&e->done);
    }
    pthread_mutex_unlock(&e->lock);
    return job != NULL;
}

/* Remembers the job's frame, which `newer` replaces. If there is no memory, only the record of it is lost. */
static void remember_stale(lp_job *job, lp_input_frame *newer) {
    if (job->stale_count == job->stale_capacity) {
        const int capacity = job->stale_capacity ? 2 * job->stale_capacity : 16;
        lp_stale *const grown = realloc(job->stale, (size_t)capacity * sizeof *grown);
        if (grown) {
            job->stale = grown;
            job->stale_capacity = capacity;
        }
    }
    if (job->stale_count < job->stale_capacity)
        job->stale[job->stale_count++] = (lp_stale){job->frame.index, job->frame.time, job->frame.utc};
    newer->jump += job->frame.jump;
    newer->reconnected |= job->frame.reconnected;
}

/* Moves a frame onto the lane. On a live lane it replaces a frame that still waits. */
static int put_frame(lp_lane *l, int source, int64_t number, lp_input_frame *frame, int64_t read_ns) {
    lp_engine *const e = l->engine;
    lp_input_frame dropped = {0};
    pthread_mutex_lock(&e->lock);
    lp_job *job = l->live && l->take < l->last ? lp_lane_at(l, l->last - 1) : NULL;
    const int replaces = job && job->kind == LP_JOB_FRAME && job->phase == PHASE_READ;
    if (replaces) {
        dropped = job->frame;
        remember_stale(job, frame);
    } else if ((job = wait_for_place(l))) {
        job->stale_count = 0;
        l->last++;
    }
    if (job) {
        job->kind = LP_JOB_FRAME;
        job->source = source;
        job->phase = PHASE_READ;
        job->number = number;
        job->frame = *frame;
        job->read_ns = read_ns;
        job->error = (lightpose_error){0};
        *frame = (lp_input_frame){0};
        pthread_cond_signal(&e->read);
    }
    pthread_mutex_unlock(&e->lock);
    if (replaces)
        lp_input_frame_release(&dropped);
    return job != NULL;
}

static void read_source(lp_lane *l, int source) {
    const lp_engine_options *const o = &l->engine->options;
    const unsigned char *const have = o->starts ? o->starts[source].have : NULL;
    lightpose_error error = {0};
    lp_input *input = NULL;
    lp_input_options options = o->input;
    options.wait.looks = &l->looks;
    if (o->sources->items[source].clipped)
        options.range = o->sources->items[source].range;
    if (o->starts && o->starts[source].first >= 0) {
        options.range.first = o->starts[source].first;
        options.range.from = -1;
    }
    atomic_store(&l->reading, 1);
    const lightpose_status status = lp_input_open(&input, &o->sources->items[source], &options, &error);
    atomic_store(&l->reading, 0);
    if (status == LIGHTPOSE_OK) {
        lp_input_about about;
        lp_input_get_about(input, &about);
        lp_input_frame frame = {0};
        int more = put_mark(l, LP_JOB_BEGIN, source, &about, NULL, NULL);
        for (int64_t number = 0; more && !atomic_load(&l->engine->skipped[source]); number++) {
            const int64_t start = lp_work_now();
            atomic_store(&l->reading, 1);
            more = lp_input_next(input, &frame, &error) > 0;
            atomic_store(&l->reading, 0);
            if (more && !(have && have[frame.index]))
                more = put_frame(l, source, number, &frame, lp_work_now() - start);
        }
        lp_input_frame_release(&frame);
    }
    put_mark(l, LP_JOB_END, source, NULL, input, &error);
    lp_input_close(&input);
}

void *lp_lane_read(void *opaque) {
    lp_lane *const l = opaque;
    lp_engine *const e = l->engine;
    for (int i = 0; i < l->sources && !atomic_load(&e->quit) && !lp_engine_is_told_to_stop(e); i++)
        if (!atomic_load(&e->skipped[l->first_source + i]))
            read_source(l, l->first_source + i);
    pthread_mutex_lock(&e->lock);
    l->finished = 1;
    pthread_cond_broadcast(&e->done);
    pthread_mutex_unlock(&e->lock);
    return NULL;
}
