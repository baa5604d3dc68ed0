/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fail.h"
#include "run/engine_inside.h"

/* ---- The caller -------------------------------------------------------------------------------------------------- */

/* 1 with a job, 0 while none is done, -1 when none will be. With the lock held. */
static int find_done(lp_engine *e, lp_job **job) {
    int open = 0;
    for (int i = 0; i < e->lane_count; i++) {
        lp_lane *const l = &e->lanes[(e->next_lane + i) % e->lane_count];
        if (l->first < l->last && lp_lane_at(l, l->first)->phase == PHASE_DONE) {
            e->next_lane = (e->next_lane + i + 1) % e->lane_count;
            *job = lp_lane_at(l, l->first);
            return 1;
        }
        open |= !l->finished || l->first < l->last;
    }
    return open ? 0 : -1;
}

int lp_engine_next(lp_engine *e, lp_job **job, int timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    *job = NULL;
    pthread_mutex_lock(&e->lock);
    int found = find_done(e, job);
    while (found == 0 && pthread_cond_timedwait(&e->done, &e->lock, &until) != ETIMEDOUT)
        found = find_done(e, job);
    pthread_mutex_unlock(&e->lock);
    return found;
}

void lp_engine_done(lp_engine *e, lp_job *job) {
    lp_lane *const l = &e->lanes[job->lane];
    lp_input_frame_release(&job->frame);
    /* Buffers of large pictures are not kept: above 2^24 pixels. */
    if ((int64_t)job->image.width * job->image.height > 1 << 24)
        lp_input_picture_free(&job->picture);
    job->image = (lightpose_image){0};
    pthread_mutex_lock(&e->lock);
    job->phase = PHASE_FREE;
    l->first++;
    if (l->take < l->first)
        l->take = l->first;
    pthread_cond_broadcast(&e->freed);
    pthread_mutex_unlock(&e->lock);
}

/* ---- Start and end ----------------------------------------------------------------------------------------------- */

static lightpose_status open_lane(lp_engine *e, lp_lane *l, lightpose_error *error) {
    const int workers = e->options.workers;
    l->engine = e;
    l->capacity = l->live ? 4 : workers + (workers < 16 ? workers : 16) + 2;
    l->ring = calloc((size_t)l->capacity, sizeof *l->ring);
    if (!l->ring)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d frames", (int)l->capacity);
    for (int64_t i = 0; i < l->capacity; i++) {
        l->ring[i].lane = (int)(l - e->lanes);
        const lightpose_status status = lightpose_result_create(&l->ring[i].result, error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    return LIGHTPOSE_OK;
}

/* One lane for each series of sources that end, and one for each live source. */
static lightpose_status open_lanes(lp_engine *e, lightpose_error *error) {
    const lp_sources *const sources = e->options.sources;
    e->lanes = calloc((size_t)sources->count + 1, sizeof *e->lanes);
    if (!e->lanes)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d inputs", sources->count);
    for (int i = 0; i < sources->count; i++) {
        const int live = lp_source_is_live(&sources->items[i]);
        lp_lane *const last = e->lane_count ? &e->lanes[e->lane_count - 1] : NULL;
        if (last && !live && !last->live)
            last->sources++;
        else
            e->lanes[e->lane_count++] = (lp_lane){.first_source = i, .sources = 1, .live = live};
    }
    for (int i = 0; i < e->lane_count; i++) {
        const lightpose_status status = open_lane(e, &e->lanes[i], error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    return LIGHTPOSE_OK;
}

static lightpose_status open_workers(lp_engine *e, lightpose_error *error) {
    e->workers = calloc((size_t)e->options.workers, sizeof *e->workers);
    if (!e->workers)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d workers", e->options.workers);
    for (int i = 0; i < e->options.workers; i++) {
        e->workers[i].engine = e;
        const lightpose_status status =
            lightpose_context_create(&e->workers[i].context, e->options.model, &e->options.settings, error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    return LIGHTPOSE_OK;
}

/* A context for each level of the governor. */
static lightpose_status open_levels(lp_engine *e, lightpose_error *error) {
    lightpose_settings settings;
    if (e->options.latency <= 0)
        return LIGHTPOSE_OK;
    lightpose_status status = lightpose_governor_create(&e->governor, &e->options.settings, e->options.latency, error);
    if (status != LIGHTPOSE_OK)
        return status;
    const int count = lightpose_governor_get_count(e->governor);
    e->workers[0].others = calloc((size_t)count, sizeof *e->workers[0].others);
    if (!e->workers[0].others)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d contexts", count);
    for (int level = 1; level < count && status == LIGHTPOSE_OK; level++) {
        status = lightpose_governor_get_settings(e->governor, level, &settings, error);
        if (status == LIGHTPOSE_OK)
            status = lightpose_context_create(&e->workers[0].others[level - 1], e->options.model, &settings, error);
    }
    return status;
}

static lightpose_status plan_skips(lp_engine *e, lightpose_error *error) {
    const int count = e->options.sources->count;
    e->skipped = calloc((size_t)count + 1, sizeof *e->skipped);
    if (!e->skipped)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d inputs", count);
    for (int i = 0; i < count; i++)
        atomic_init(&e->skipped[i], e->options.starts && e->options.starts[i].skip);
    return LIGHTPOSE_OK;
}

static lightpose_status start_threads(lp_engine *e, lightpose_error *error) {
    int code = 0;
    for (int i = 0; i < e->options.workers && !code; i++) {
        code = pthread_create(&e->workers[i].thread, NULL, lp_worker_work, &e->workers[i]);
        e->workers[i].started = !code;
    }
    for (int i = 0; i < e->lane_count && !code; i++) {
        code = pthread_create(&e->lanes[i].reader, NULL, lp_lane_read, &e->lanes[i]);
        e->lanes[i].started = !code;
    }
    return code ? lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no thread: %s", strerror(code)) : LIGHTPOSE_OK;
}

lightpose_status lp_engine_start(lp_engine **engine, const lp_engine_options *options, lightpose_error *error) {
    *engine = NULL;
    lp_engine *e = calloc(1, sizeof *e);
    if (!e)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a run");
    e->options = *options;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->read, NULL);
    pthread_cond_init(&e->freed, NULL);
    pthread_cond_init(&e->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    lightpose_status status = open_workers(e, error);
    if (status == LIGHTPOSE_OK)
        status = open_levels(e, error);
    if (status == LIGHTPOSE_OK)
        status = plan_skips(e, error);
    if (status == LIGHTPOSE_OK)
        status = open_lanes(e, error);
    if (status == LIGHTPOSE_OK)
        status = start_threads(e, error);
    if (status == LIGHTPOSE_OK)
        *engine = e;
    else
        lp_engine_close(&e);
    return status;
}

int64_t lp_engine_busy_ns(lp_engine *e, int64_t now_ns) {
    int64_t longest = 0;
    pthread_mutex_lock(&e->lock);
    for (int i = 0; i < e->lane_count; i++)
        for (int64_t n = e->lanes[i].first; n < e->lanes[i].take; n++) {
            const lp_job *const job = lp_lane_at(&e->lanes[i], n);
            if (job->phase == PHASE_BUSY && now_ns - job->taken_ns > longest)
                longest = now_ns - job->taken_ns;
        }
    pthread_mutex_unlock(&e->lock);
    return longest;
}

int64_t lp_engine_silent_ns(lp_engine *e, int64_t now_ns) {
    int64_t longest = 0;
    for (int i = 0; i < e->lane_count; i++) {
        lp_lane *const l = &e->lanes[i];
        const unsigned looks = atomic_load(&l->looks);
        if (!atomic_load(&l->reading) || looks != l->seen || !l->seen_ns) {
            l->seen = looks;
            l->seen_ns = now_ns;
        } else if (now_ns - l->seen_ns > longest) {
            longest = now_ns - l->seen_ns;
        }
    }
    return longest;
}

void lp_engine_skip(lp_engine *e, int source) {
    atomic_store(&e->skipped[source], 1);
}

void lp_engine_close(lp_engine **engine) {
    lp_engine *const e = *engine;
    if (!e)
        return;
    pthread_mutex_lock(&e->lock);
    atomic_store(&e->quit, 1);
    pthread_cond_broadcast(&e->read);
    pthread_cond_broadcast(&e->freed);
    pthread_mutex_unlock(&e->lock);
    for (int i = 0; e->workers && i < e->options.workers; i++) {
        if (e->workers[i].started)
            pthread_join(e->workers[i].thread, NULL);
        lightpose_context_destroy(&e->workers[i].context);
        for (int j = 0; e->workers[i].others && j < lightpose_governor_get_count(e->governor) - 1; j++)
            lightpose_context_destroy(&e->workers[i].others[j]);
        free(e->workers[i].others);
    }
    for (int i = 0; i < e->lane_count; i++) {
        lp_lane *const l = &e->lanes[i];
        if (l->started)
            pthread_join(l->reader, NULL);
        for (int64_t j = 0; l->ring && j < l->capacity; j++) {
            lp_input_frame_release(&l->ring[j].frame);
            lp_input_picture_free(&l->ring[j].picture);
            free(l->ring[j].stale);
            lightpose_result_destroy(&l->ring[j].result);
        }
        free(l->ring);
    }
    lightpose_governor_destroy(&e->governor);
    free(e->lanes);
    free(e->skipped);
    free(e->workers);
    pthread_cond_destroy(&e->done);
    pthread_cond_destroy(&e->freed);
    pthread_cond_destroy(&e->read);
    pthread_mutex_destroy(&e->lock);
    free(e);
    *engine = NULL;
}
