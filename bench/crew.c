/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "crew.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/status.h"
#include "base/time.h"

/* A context's share of a span. */
typedef struct shift {
    crew *team;
    int index;
    int64_t end;
    int min_runs, record;
    int64_t turn, frames, first_ns, last_ns; /* turn: the frame to begin with */
    lightpose_error error;
} shift;

static void record(crew *team, int frame, const lightpose_stats *stats, int people) {
    const int64_t times[STAGES] = {stats->preprocess_ns, stats->network_ns, stats->peaks_ns, stats->group_ns,
                                   stats->total_ns};

    team->frame[frame].people = people;
    for (int i = 0; i < STAGES; i++)
        (void)samples_add(&team->frame[frame].stage[i], (double)times[i] / 1e6);
}

static void *work(void *argument) {
    shift *const self = argument;
    crew *const team = self->team;
    lightpose_context *const context = team->context[self->index];
    lightpose_result *const result = team->result[self->index];
    lightpose_stats stats;

    self->first_ns = lp_now_ns();
    while (self->frames < self->min_runs || lp_now_ns() < self->end) {
        const int at = (int)((self->turn + self->frames) % team->input->count);
        if (lightpose_infer(context, &team->input->images[at], result, &self->error) != LIGHTPOSE_OK)
            break;
        self->frames++;
        if (!self->record)
            continue;
        lightpose_context_stats(context, &stats);
        record(team, at, &stats, lightpose_result_count(result));
    }
    self->last_ns = lp_now_ns();
    return NULL;
}

/* All contexts for one span. Returns their frames a second, added up; 0 and an error where one failed. */
static double run_span(crew *team, double seconds, int min_runs, int recorded, lightpose_error *error) {
    shift *const shifts = calloc((size_t)team->contexts, sizeof *shifts);
    pthread_t *const threads = calloc((size_t)team->contexts, sizeof *threads);
    int started = 0;
    double rate = 0;

    const int64_t end = lp_now_ns() + (int64_t)(seconds * 1e9);
    for (int i = 0; shifts && threads && i < team->contexts; i++) {
        shifts[i] =
            (shift){.team = team, .index = i, .end = end, .min_runs = min_runs, .record = recorded, .turn = team->turn};
        if (team->contexts == 1)
            work(&shifts[i]);
        else if (pthread_create(&threads[i], NULL, work, &shifts[i]) != 0)
            break;
        started++;
    }
    if (started < team->contexts)
        (void)lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory or no thread for context %d of %d", started + 1,
                      team->contexts);
    for (int i = 0; i < started; i++) {
        if (team->contexts > 1)
            pthread_join(threads[i], NULL);
        if (shifts[i].error.status != LIGHTPOSE_OK && error->status == LIGHTPOSE_OK)
            *error = shifts[i].error;
        rate += (double)shifts[i].frames * 1e9 / (double)(shifts[i].last_ns - shifts[i].first_ns);
    }
    team->turn += started ? shifts->frames : 0;
    free(shifts);
    free(threads);
    return error->status == LIGHTPOSE_OK ? rate : 0;
}

lightpose_status crew_open(crew *made, const measure_options *options, const frames *input, int contexts, int threads,
                           lightpose_error *error) {
    lightpose_settings settings = options->settings;

    settings.threads = threads;
    *made = (crew){.options = options, .input = input, .contexts = contexts, .threads = threads};
    made->context = calloc((size_t)contexts, sizeof *made->context);
    made->result = calloc((size_t)contexts, sizeof *made->result);
    made->frame = calloc((size_t)input->count, sizeof *made->frame);
    if (!made->context || !made->result || !made->frame)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d contexts", contexts);
    for (int i = 0; i < contexts; i++) {
        LP_TRY(lightpose_context_open(&made->context[i], options->model, &settings, error));
        LP_TRY(lightpose_result_create(&made->result[i], error));
    }
    (void)run_span(made, 0, input->count, 0, error);
    return error->status;
}

void crew_close(crew *team) {
    for (int i = 0; team->context && i < team->contexts; i++)
        lightpose_context_close(&team->context[i]);
    for (int i = 0; team->result && i < team->contexts; i++)
        lightpose_result_destroy(&team->result[i]);
    for (int i = 0; team->frame && i < team->input->count; i++)
        for (int stage = 0; stage < STAGES; stage++)
            samples_free(&team->frame[i].stage[stage]);
    samples_free(&team->rate[0]);
    samples_free(&team->rate[1]);
    free(team->context);
    free(team->result);
    free(team->frame);
}

lightpose_status crew_run(crew *team, double seconds, int min_runs, int held, lightpose_error *error) {
    const machine_load before = machine_load_now();
    const double rate = run_span(team, seconds, min_runs, !held && team->contexts == 1, error);
    const machine_load after = machine_load_now();

    if (error->status != LIGHTPOSE_OK)
        return error->status;
    if (!held)
        machine_load_add(&team->load, &before, &after);
    (void)samples_add(&team->rate[held], rate);
    lightpose_context_stats(team->context[0], &team->stats);
    return LIGHTPOSE_OK;
}

/* ---- Report ------------------------------------------------------------------------------------------------------ */

static const char *const names[STAGES] = {"preprocess", "network", "peaks", "grouping", "total"};

static double per_second(double milliseconds) {
    return milliseconds > 0 ? 1000 / milliseconds : 0;
}

/* The lines of the paper's tables: frames a second of all, of the network, of post-processing; and the latter's parts.
 */
static json_t *paper_lines(samples all[STAGES]) {
    const double peaks = samples_median(&all[STAGE_PEAKS]), group = samples_median(&all[STAGE_GROUPING]);

    return json_pack("{s:{s:f, s:f, s:f}, s:{s:f, s:f}}", "table_6_fps", "total",
                     per_second(samples_median(&all[STAGE_TOTAL])), "network",
                     per_second(samples_median(&all[STAGE_NETWORK])), "post_processing", per_second(peaks + group),
                     "table_3_fps", "resize_and_peaks", per_second(peaks), "grouping", per_second(group));
}

static void add_stages(json_t *json, const crew *team) {
    json_t *const stages = json_object(), *const each = json_array();
    samples all[STAGES] = {{0}};
    double people = 0;

    for (int i = 0; i < team->input->count; i++) {
        crew_frame *const frame = &team->frame[i];
        json_t *const line = json_pack("{s:i}", "people", frame->people);
        for (int stage = 0; stage < STAGES; stage++) {
            json_object_set_new(line, names[stage], json_real(samples_median(&frame->stage[stage])));
            for (size_t j = 0; j < frame->stage[stage].count; j++)
                (void)samples_add(&all[stage], frame->stage[stage].values[j]);
        }
        if (frame->stage[STAGE_TOTAL].count)
            json_array_append(each, line);
        people += (double)frame->people * (double)frame->stage[STAGE_TOTAL].count;
        json_decref(line);
    }
    for (int stage = 0; stage < STAGES; stage++)
        json_object_set_new(stages, names[stage], samples_json(&all[stage]));
    json_object_set_new(json, "stages", stages);
    json_object_set_new(json, "paper", paper_lines(all));
    json_object_set_new(json, "people_per_frame", json_real(people / (double)all[STAGE_TOTAL].count));
    json_object_set_new(json, "frames", each);
    for (int stage = 0; stage < STAGES; stage++)
        samples_free(&all[stage]);
}

json_t *crew_json(crew *team) {
    json_t *const causes = json_array();
    json_t *const json = json_pack("{s:i, s:i, s:f, s:f, s:f, s:i, s:i}", "contexts", team->contexts, "threads",
                                   team->threads, "fps", samples_median(&team->rate[0]), "fps_least",
                                   samples_quantile(&team->rate[0], 0), "fps_most", samples_quantile(&team->rate[0], 1),
                                   "net_width", team->stats.net_width, "net_height", team->stats.net_height);

    if (team->rate[1].count) {
        const double fps = samples_median(&team->rate[1]);
        json_object_set_new(json, "fps_held", json_real(fps));
        json_object_set_new(json, "held_over_quiet", json_real(fps / samples_median(&team->rate[0])));
    }
    if (team->contexts == 1)
        add_stages(json, team);
    machine_causes(causes, &team->load, team->threads, team->contexts, team->stats.precision);
    json_object_set_new(json, "slower_because", causes);
    return json;
}
