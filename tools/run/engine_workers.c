/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The engine's workers: they run the network, with a latency target at the governor's level. */

#include <math.h>

#include <omp.h>

#include "run/engine_inside.h"
#include "run/work.h"

/* On a stop request only frames already in work are finished. Call with the lock held. */
static void drop_waiting(lp_engine *e) {
    for (int i = 0; i < e->lane_count; i++)
        for (lp_lane *const l = &e->lanes[i]; l->take < l->last; l->take++) {
            lp_job *const job = lp_lane_at(l, l->take);
            if (job->phase == PHASE_READ) {
                job->kind = LP_JOB_DROPPED;
                job->phase = PHASE_DONE;
            }
        }
    pthread_cond_signal(&e->done);
}

/* Takes the next waiting frame, from the lanes in turn. Call with the lock held. */
static lp_job *take(lp_engine *e) {
    if (lp_engine_is_told_to_stop(e))
        drop_waiting(e);
    for (int i = 0; i < e->lane_count; i++) {
        lp_lane *const l = &e->lanes[(e->next_take + i) % e->lane_count];
        while (l->take < l->last && lp_lane_at(l, l->take)->phase == PHASE_DONE)
            l->take++;
        if (l->take == l->last)
            continue;
        e->next_take = (e->next_take + i + 1) % e->lane_count;
        lp_job *const job = lp_lane_at(l, l->take++);
        job->phase = PHASE_BUSY;
        job->taken_ns = lp_work_now();
        return job;
    }
    return NULL;
}

static lightpose_context *context_of(const lp_worker *w, int level) {
    return level ? w->others[level - 1] : w->context;
}

/* Prepares all levels for pictures of a new size, so that a change of level delays no frame. A failure is ignored: the
 * next frame reports it. */
static void prepare_levels(lp_worker *w, lp_job *job) {
    const lightpose_image *const image = &job->frame.image;
    lightpose_error ignored;
    lp_roi roi = w->engine->options.roi;
    lightpose_image part = *image;
    if (job->frame.path || job->frame.state != LP_INPUT_OK ||
        (image->width == w->prepared_width && image->height == w->prepared_height))
        return;
    w->prepared_width = image->width;
    w->prepared_height = image->height;
    job->prepared = 1;
    if (roi.width && !lp_work_crop(&part, &roi))
        return;
    for (int level = 0; level < lightpose_governor_get_count(w->engine->governor); level++)
        if (lightpose_context_prepare(context_of(w, level), part.width, part.height, &ignored) != LIGHTPOSE_OK)
            return;
}

/* Works at the governor's level and reports the latency to the governor. Each level has a context of its own, so people
 * are not followed across a change of level. */
static void work_in_time(lp_worker *w, lp_job *job) {
    lp_engine *const e = w->engine;
    lightpose_error ignored;
    job->prepared = 0;
    prepare_levels(w, job);
    job->level = e->level;
    job->levels = lightpose_governor_get_count(e->governor);
    (void)!lightpose_governor_get_settings(e->governor, job->level, &job->settings, &ignored);
    lp_work(job, context_of(w, job->level), &e->options);
    const double now = (double)lp_work_now() * 1e-9;
    job->latency = isfinite(job->frame.arrived) && job->frame.arrived > 0
                       ? now - job->frame.arrived
                       : (double)(job->read_ns + job->total_ns) * 1e-9;
    if (job->prepared || job->error.status != LIGHTPOSE_OK)
        return;
    e->level = lightpose_governor_update(e->governor, now, job->latency);
    if (e->level != job->level)
        lightpose_context_restart(context_of(w, e->level));
}

/* Ends libgomp's threads while only live sources are read. libgomp lets them spin for milliseconds in wait of more
 * work, and a camera's next frame comes later than that. Starting them again takes less than 0.1 ms. Files keep them.
 * Call with the lock held; it is released in between. */
static void rest(lp_engine *e) {
    for (int i = 0; i < e->lane_count; i++)
        if (!e->lanes[i].live)
            return;
    pthread_mutex_unlock(&e->lock);
    omp_pause_resource(omp_pause_soft, omp_get_initial_device());
    pthread_mutex_lock(&e->lock);
}

void *lp_worker_work(void *opaque) {
    lp_worker *const w = opaque;
    lp_engine *const e = w->engine;
    int rested = 1;
    pthread_mutex_lock(&e->lock);
    while (!atomic_load(&e->quit)) {
        lp_job *const job = take(e);
        if (!job && !rested) {
            rested = 1;
            rest(e);
            continue;
        }
        if (!job) {
            pthread_cond_wait(&e->read, &e->lock);
            continue;
        }
        rested = 0;
        pthread_mutex_unlock(&e->lock);
        /* People are followed only from a frame to the next of the same video. */
        if (job->source != w->source || job->number == 0 || job->frame.path)
            lightpose_context_restart(w->context);
        w->source = job->source;
        if (e->governor)
            work_in_time(w, job);
        else
            lp_work(job, w->context, &e->options);
        pthread_mutex_lock(&e->lock);
        job->phase = PHASE_DONE;
        pthread_cond_signal(&e->done);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}
