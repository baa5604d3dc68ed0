/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/engine.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <omp.h>

#include "fail.h"
#include "run/work.h"

enum { PHASE_FREE, PHASE_READ, PHASE_BUSY, PHASE_DONE };

/* Jobs first <= take <= last: [first, take) are at work or done, [take, last) wait for a worker. */
typedef struct lane {
    lp_engine *engine;
    pthread_t reader;
    int started, finished, live;
    int first_source, sources;
    lp_job *ring;
    int64_t capacity, first, take, last;
} lane;

typedef struct worker {
    lp_engine *engine;
    lightpose_context *context;
    lightpose_context **others; /* of the governor's levels from 1 on */
    int prepared_width, prepared_height;
    pthread_t thread;
    int started;
    int source; /* of the last frame */
} worker;

struct lp_engine {
    lp_engine_options options;
    atomic_int quit;     /* everything ends at once */
    atomic_int *skipped; /* for each source */
    pthread_mutex_t lock;
    pthread_cond_t read, freed, done;
    lane *lanes;
    int lane_count, next_lane, next_take;
    worker *workers;
    lightpose_governor *governor; /* NULL: none */
    int level;
};

static lp_job *at(lane *l, int64_t number) {
    return &l->ring[number % l->capacity];
}

/* ---- Readers ----------------------------------------------------------------------------------------------------- */

/* A free place at the end of the lane; NULL when everything ends. With the lock held. */
static lp_job *wait_for_place(lane *l) {
    lp_engine *const e = l->engine;
    while (!atomic_load(&e->quit) && l->last - l->first == l->capacity)
        pthread_cond_wait(&e->freed, &e->lock);
    return atomic_load(&e->quit) ? NULL : at(l, l->last);
}

static int is_told_to_stop(const lp_engine *e) {
    return e->options.input.stop && atomic_load(e->options.input.stop);
}

/* Puts a begin or an end on the lane. */
static int put_mark(lane *l, lp_job_kind kind, int source, const lp_input_about *about, const lp_input *input,
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
        job->stopped = is_told_to_stop(e);
        if (about)
            job->about = *about;
        l->last++;
        pthread_cond_broadcast(&e->done);
    }
    pthread_mutex_unlock(&e->lock);
    return job != NULL;
}

/* Remembers the job's frame, which `newer` replaces. Without memory it is missing from the account alone. */
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

/* Moves a frame onto the lane; on a live one in place of a frame that still waits. */
static int put_frame(lane *l, int source, int64_t number, lp_input_frame *frame, int64_t read_ns) {
    lp_engine *const e = l->engine;
    lp_input_frame dropped = {0};
    pthread_mutex_lock(&e->lock);
    lp_job *job = l->live && l->take < l->last ? at(l, l->last - 1) : NULL;
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

static void read_source(lane *l, int source) {
    const lp_engine_options *const o = &l->engine->options;
    const unsigned char *const have = o->starts ? o->starts[source].have : NULL;
    lightpose_error error = {0};
    lp_input *input = NULL;
    lp_input_options options = o->input;
    if (o->sources->items[source].clipped)
        options.range = o->sources->items[source].range;
    if (o->starts && o->starts[source].first >= 0) {
        options.range.first = o->starts[source].first;
        options.range.from = -1;
    }
    if (lp_input_open(&input, &o->sources->items[source], &options, &error) == LIGHTPOSE_OK) {
        lp_input_about about;
        lp_input_get_about(input, &about);
        lp_input_frame frame = {0};
        int more = put_mark(l, LP_JOB_BEGIN, source, &about, NULL, NULL);
        for (int64_t number = 0; more && !atomic_load(&l->engine->skipped[source]); number++) {
            const int64_t start = lp_work_now();
            more = lp_input_next(input, &frame, &error) > 0;
            if (more && !(have && have[frame.index]))
                more = put_frame(l, source, number, &frame, lp_work_now() - start);
        }
        lp_input_frame_release(&frame);
    }
    put_mark(l, LP_JOB_END, source, NULL, input, &error);
    lp_input_close(&input);
}

static void *read_lane(void *opaque) {
    lane *const l = opaque;
    lp_engine *const e = l->engine;
    for (int i = 0; i < l->sources && !atomic_load(&e->quit) && !is_told_to_stop(e); i++)
        if (!atomic_load(&e->skipped[l->first_source + i]))
            read_source(l, l->first_source + i);
    pthread_mutex_lock(&e->lock);
    l->finished = 1;
    pthread_cond_broadcast(&e->done);
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

/* ---- Workers ----------------------------------------------------------------------------------------------------- */

/* Told to stop, the run finishes the frames at work and no others. With the lock held. */
static void drop_waiting(lp_engine *e) {
    for (int i = 0; i < e->lane_count; i++)
        for (lane *const l = &e->lanes[i]; l->take < l->last; l->take++) {
            lp_job *const job = at(l, l->take);
            if (job->phase == PHASE_READ) {
                job->kind = LP_JOB_DROPPED;
                job->phase = PHASE_DONE;
            }
        }
    pthread_cond_signal(&e->done);
}

/* The next frame that waits, the lanes in turn. With the lock held. */
static lp_job *take(lp_engine *e) {
    if (is_told_to_stop(e))
        drop_waiting(e);
    for (int i = 0; i < e->lane_count; i++) {
        lane *const l = &e->lanes[(e->next_take + i) % e->lane_count];
        while (l->take < l->last && at(l, l->take)->phase == PHASE_DONE)
            l->take++;
        if (l->take == l->last)
            continue;
        e->next_take = (e->next_take + i + 1) % e->lane_count;
        lp_job *const job = at(l, l->take++);
        job->phase = PHASE_BUSY;
        job->taken_ns = lp_work_now();
        return job;
    }
    return NULL;
}

static lightpose_context *context_of(const worker *w, int level) {
    return level ? w->others[level - 1] : w->context;
}

/* Prepares all levels for pictures of a new size, so that a step costs no frame. A failure shows with a frame. */
static void prepare_levels(worker *w, lp_job *job) {
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

/* At the governor's level, which is told how long it took. Follows people on the way from level to level no further. */
static void work_in_time(worker *w, lp_job *job) {
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

/* With the lock held, which it gives up in between. libgomp keeps the threads of a frame spinning for milliseconds, in
 * case of another one. A camera's comes later than that: they end, and begin anew with it, which takes less than a
 * tenth of a millisecond. Files keep them. */
static void rest(lp_engine *e) {
    for (int i = 0; i < e->lane_count; i++)
        if (!e->lanes[i].live)
            return;
    pthread_mutex_unlock(&e->lock);
    omp_pause_resource(omp_pause_soft, omp_get_initial_device());
    pthread_mutex_lock(&e->lock);
}

static void *work(void *opaque) {
    worker *const w = opaque;
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
        /* Only the next frame of the same video is followed. */
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

/* ---- The caller -------------------------------------------------------------------------------------------------- */

/* 1 with a job, 0 while none is done, -1 when none will be. With the lock held. */
static int find_done(lp_engine *e, lp_job **job) {
    int open = 0;
    for (int i = 0; i < e->lane_count; i++) {
        lane *const l = &e->lanes[(e->next_lane + i) % e->lane_count];
        if (l->first < l->last && at(l, l->first)->phase == PHASE_DONE) {
            e->next_lane = (e->next_lane + i + 1) % e->lane_count;
            *job = at(l, l->first);
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
    lane *const l = &e->lanes[job->lane];
    lp_input_frame_release(&job->frame);
    /* A large picture's buffers do not stay. */
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

static lightpose_status open_lane(lp_engine *e, lane *l, lightpose_error *error) {
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

/* A lane for sources that have an end and follow one another, and one for each live source. */
static lightpose_status open_lanes(lp_engine *e, lightpose_error *error) {
    const lp_sources *const sources = e->options.sources;
    e->lanes = calloc((size_t)sources->count + 1, sizeof *e->lanes);
    if (!e->lanes)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d inputs", sources->count);
    for (int i = 0; i < sources->count; i++) {
        const int live = lp_source_is_live(&sources->items[i]);
        lane *const last = e->lane_count ? &e->lanes[e->lane_count - 1] : NULL;
        if (last && !live && !last->live)
            last->sources++;
        else
            e->lanes[e->lane_count++] = (lane){.first_source = i, .sources = 1, .live = live};
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
        code = pthread_create(&e->workers[i].thread, NULL, work, &e->workers[i]);
        e->workers[i].started = !code;
    }
    for (int i = 0; i < e->lane_count && !code; i++) {
        code = pthread_create(&e->lanes[i].reader, NULL, read_lane, &e->lanes[i]);
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
            const lp_job *const job = at(&e->lanes[i], n);
            if (job->phase == PHASE_BUSY && now_ns - job->taken_ns > longest)
                longest = now_ns - job->taken_ns;
        }
    pthread_mutex_unlock(&e->lock);
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
        lane *const l = &e->lanes[i];
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
