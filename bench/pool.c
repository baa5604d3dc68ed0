/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/status.h"
#include "base/time.h"
#include "pipeline.h"

/* The work of one context in a span. */
typedef struct worker {
    pool *pool;
    int index;
    int64_t end;
    int min_runs, record;
    int64_t first_frame, frames, started_ns, ended_ns;
    lightpose_error error;
} worker;

static void record(pool *p, int frame, const lightpose_stats *stats, int people) {
    const int64_t times[STAGES] = {stats->preprocess_ns, stats->network_ns, stats->peaks_ns, stats->group_ns,
                                   stats->total_ns};

    p->frame[frame].people = people;
    for (int i = 0; i < STAGES; i++)
        (void)samples_add(&p->frame[frame].stage[i], (double)times[i] / 1e6);
}

static void *work(void *argument) {
    worker *const self = argument;
    pool *const p = self->pool;
    lightpose_context *const context = p->context[self->index];
    lightpose_result *const result = p->result[self->index];
    lightpose_stats stats;

    self->started_ns = lp_now_ns();
    while (self->frames < self->min_runs || lp_now_ns() < self->end) {
        const int at = (int)((self->first_frame + self->frames) % p->input->count);
        if (lightpose_context_infer(context, &p->input->images[at], result, &self->error) != LIGHTPOSE_OK)
            break;
        self->frames++;
        if (!self->record)
            continue;
        lightpose_context_get_stats(context, &stats);
        record(p, at, &stats, lightpose_result_get_count(result));
    }
    self->ended_ns = lp_now_ns();
    return NULL;
}

/* Runs all contexts for one span. Returns the sum of their frames a second, or 0 and an error if one failed. */
static double run_span(pool *p, double seconds, int min_runs, int recorded, lightpose_error *error) {
    worker *const workers = calloc((size_t)p->contexts, sizeof *workers);
    pthread_t *const threads = calloc((size_t)p->contexts, sizeof *threads);
    int started = 0;
    double rate = 0;

    const int64_t end = lp_now_ns() + (int64_t)(seconds * 1e9);
    for (int i = 0; workers && threads && i < p->contexts; i++) {
        workers[i] = (worker){
            .pool = p, .index = i, .end = end, .min_runs = min_runs, .record = recorded, .first_frame = p->next};
        if (p->contexts == 1)
            work(&workers[i]);
        else if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            break;
        started++;
    }
    if (started < p->contexts)
        (void)lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory or no thread for context %d of %d", started + 1,
                      p->contexts);
    for (int i = 0; i < started; i++) {
        if (p->contexts > 1)
            pthread_join(threads[i], NULL);
        if (workers[i].error.status != LIGHTPOSE_OK && error->status == LIGHTPOSE_OK)
            *error = workers[i].error;
        rate += (double)workers[i].frames * 1e9 / (double)(workers[i].ended_ns - workers[i].started_ns);
    }
    p->next += started ? workers->frames : 0;
    free(workers);
    free(threads);
    return error->status == LIGHTPOSE_OK ? rate : 0;
}

lightpose_status pool_open(pool *made, const measure_options *options, const frames *input, int contexts, int threads,
                           lightpose_error *error) {
    lightpose_settings settings = options->settings;

    settings.threads = threads;
    *made = (pool){.options = options, .input = input, .contexts = contexts, .threads = threads};
    made->context = calloc((size_t)contexts, sizeof *made->context);
    made->result = calloc((size_t)contexts, sizeof *made->result);
    made->frame = calloc((size_t)input->count, sizeof *made->frame);
    if (!made->context || !made->result || !made->frame)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d contexts", contexts);
    for (int i = 0; i < contexts; i++) {
        LP_TRY(lightpose_context_create(&made->context[i], options->model, &settings, error));
        LP_TRY(lightpose_result_create(&made->result[i], error));
    }
    (void)run_span(made, 0, input->count, 0, error);
    return error->status;
}

void pool_close(pool *p) {
    for (int i = 0; p->context && i < p->contexts; i++)
        lightpose_context_destroy(&p->context[i]);
    for (int i = 0; p->result && i < p->contexts; i++)
        lightpose_result_destroy(&p->result[i]);
    for (int i = 0; p->frame && i < p->input->count; i++)
        for (int stage = 0; stage < STAGES; stage++)
            samples_free(&p->frame[i].stage[stage]);
    for (int i = 0; i < POOL_CONDITIONS; i++)
        samples_free(&p->rate[i]);
    free(p->context);
    free(p->result);
    free(p->frame);
}

/* Slows the last thread of each team: the first one is the caller, which also runs the work that is not shared. */
static void slow_last_threads(pool *p, double slowdown) {
    for (int i = 0; i < p->contexts && p->threads > 1; i++)
        lp_pipeline_slow_down(p->context[i], p->threads - 1, slowdown);
}

lightpose_status pool_run(pool *p, double seconds, int min_runs, pool_condition condition, lightpose_error *error) {
    const int quiet = condition == POOL_QUIET;

    slow_last_threads(p, condition == POOL_SLOWED ? p->options->slowdown : 1);
    const machine_load before = machine_load_now();
    const double rate = run_span(p, seconds, min_runs, quiet && p->contexts == 1, error);
    const machine_load after = machine_load_now();

    if (error->status != LIGHTPOSE_OK)
        return error->status;
    if (quiet)
        machine_load_add(&p->load, &before, &after);
    (void)samples_add(&p->rate[condition], rate);
    lightpose_context_get_stats(p->context[0], &p->stats);
    return LIGHTPOSE_OK;
}

/* ---- Report ------------------------------------------------------------------------------------------------------ */

static const char *const stage_names[STAGES] = {"preprocess", "network", "peaks", "grouping", "total"};

static double per_second(double milliseconds) {
    return milliseconds > 0 ? 1000 / milliseconds : 0;
}

/* The columns of the paper's tables 6 and 3, in frames a second. */
static json_t *paper_figures(samples all[STAGES]) {
    const double peaks = samples_median(&all[STAGE_PEAKS]), group = samples_median(&all[STAGE_GROUPING]);

    return json_pack("{s:{s:f, s:f, s:f}, s:{s:f, s:f}}", "table_6_fps", "total",
                     per_second(samples_median(&all[STAGE_TOTAL])), "network",
                     per_second(samples_median(&all[STAGE_NETWORK])), "post_processing", per_second(peaks + group),
                     "table_3_fps", "resize_and_peaks", per_second(peaks), "grouping", per_second(group));
}

static void add_stages(json_t *json, const pool *p) {
    json_t *const stages = json_object(), *const each = json_array();
    samples all[STAGES] = {{0}};
    double people = 0;

    for (int i = 0; i < p->input->count; i++) {
        pool_frame *const frame = &p->frame[i];
        json_t *const line = json_pack("{s:i}", "people", frame->people);
        for (int stage = 0; stage < STAGES; stage++) {
            json_object_set_new(line, stage_names[stage], json_real(samples_median(&frame->stage[stage])));
            for (size_t j = 0; j < frame->stage[stage].count; j++)
                (void)samples_add(&all[stage], frame->stage[stage].values[j]);
        }
        if (frame->stage[STAGE_TOTAL].count)
            json_array_append(each, line);
        people += (double)frame->people * (double)frame->stage[STAGE_TOTAL].count;
        json_decref(line);
    }
    for (int stage = 0; stage < STAGES; stage++)
        json_object_set_new(stages, stage_names[stage], samples_json(&all[stage]));
    json_object_set_new(json, "stages", stages);
    json_object_set_new(json, "paper", paper_figures(all));
    json_object_set_new(json, "people_per_frame", json_real(people / (double)all[STAGE_TOTAL].count));
    json_object_set_new(json, "frames", each);
    for (int stage = 0; stage < STAGES; stage++)
        samples_free(&all[stage]);
}

static void add_busy(json_t *json, pool *p) {
    const double fps = samples_median(&p->rate[POOL_BUSY]);

    json_object_set_new(json, "busy_fps", json_real(fps));
    json_object_set_new(json, "busy_over_quiet", json_real(fps / samples_median(&p->rate[POOL_QUIET])));
}

/* With perfect sharing, n threads of which one is slowed down are as fast as n - 1 + 1 / slowdown full threads. */
static void add_slowed(json_t *json, pool *p) {
    const double fps = samples_median(&p->rate[POOL_SLOWED]);
    const double share = (p->threads - 1 + 1 / p->options->slowdown) / p->threads;

    json_object_set_new(json, "slowed_fps", json_real(fps));
    json_object_set_new(json, "slowed_time_over_ideal", json_real(samples_median(&p->rate[POOL_QUIET]) * share / fps));
}

/* The frames a second of every span, in order, so that spans of one round can be paired. */
static json_t *rounds_json(const pool *p) {
    static const char *const names[POOL_CONDITIONS] = {"fps", "busy_fps", "slowed_fps"};
    json_t *const rounds = json_object();

    for (int i = 0; i < POOL_CONDITIONS; i++) {
        json_t *const list = json_array();
        for (size_t j = 0; j < p->rate[i].count; j++)
            json_array_append_new(list, json_real(p->rate[i].values[j]));
        if (p->rate[i].count)
            json_object_set(rounds, names[i], list);
        json_decref(list);
    }
    return rounds;
}

json_t *pool_json(pool *p) {
    samples *const quiet = &p->rate[POOL_QUIET];
    json_t *const causes = json_array(), *const rounds = rounds_json(p); /* before the quantiles sort the rates */
    json_t *const json =
        json_pack("{s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:i, s:i}", "contexts", p->contexts, "threads", p->threads,
                  "fps", samples_median(quiet), "fps_least", samples_quantile(quiet, 0), "fps_q1",
                  samples_quantile(quiet, 0.25), "fps_q3", samples_quantile(quiet, 0.75), "fps_most",
                  samples_quantile(quiet, 1), "net_width", p->stats.net_width, "net_height", p->stats.net_height);

    json_object_set_new(json, "rounds", rounds);
    if (p->rate[POOL_BUSY].count)
        add_busy(json, p);
    if (p->rate[POOL_SLOWED].count)
        add_slowed(json, p);
    if (p->contexts == 1)
        add_stages(json, p);
    machine_causes(causes, &p->load, p->threads, p->contexts, p->stats.precision);
    json_object_set_new(json, "slower_because", causes);
    return json;
}
