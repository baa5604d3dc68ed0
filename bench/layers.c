/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "measure.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/status.h"
#include "base/team.h"
#include "base/time.h"
#include "machine.h"
#include "model.h"
#include "peak.h"
#include "samples.h"

static double ms_since(int64_t start) {
    return (double)(lp_now_ns() - start) / 1e6;
}

struct layers {
    lp_plan *plan;
    lp_team *team;
    lightpose_precision precision;
    int steps, threads;
    samples whole, sum; /* times of the network, and of its steps run alone and added up */
    samples *step;
    double peak; /* 1e9 multiply-accumulates a second; 0: unknown */
};

/* The whole network and its steps alternate, so that changes of the machine's speed affect both alike. */
static lightpose_status time_plan(layers *t, double seconds, int min_runs, lightpose_error *error) {
    lp_maps maps;
    const int64_t end = lp_now_ns() + (int64_t)(seconds * 1e9);

    for (int run = -2; run < min_runs || lp_now_ns() < end; run++) {
        int64_t start = lp_now_ns();
        LP_TRY(lp_plan_run(t->plan, t->team, &maps, error));
        const double whole = ms_since(start);
        double sum = 0;
        for (int i = 0; i < t->steps; i++) {
            start = lp_now_ns();
            LP_TRY(lp_plan_run_step(t->plan, t->team, i, error));
            const double once = ms_since(start);
            sum += once;
            if (run >= 0)
                (void)samples_add(&t->step[i], once);
        }
        if (run >= 0) {
            (void)samples_add(&t->whole, whole);
            (void)samples_add(&t->sum, sum);
        }
    }
    return LIGHTPOSE_OK;
}

typedef struct timing {
    layers *layers;
    double seconds;
    int min_runs;
    lightpose_error *error;
    lightpose_status status;
} timing;

static void time_in_team(void *argument) {
    timing *const t = argument;
    t->status = time_plan(t->layers, t->seconds, t->min_runs, t->error);
}

/* Noise, in the type that the plan expects. The time does not depend on the values. */
static void fill_input(const lp_plan *plan, int width, int height) {
    const lp_net_input input = lp_plan_input(plan);
    const size_t sizes[] = {[LP_U8] = 1, [LP_S8] = 1, [LP_BF16] = 2, [LP_F32] = 4};

    for (int y = 0; y < height; y++) {
        char *const row = (char *)input.data + y * input.stride;
        for (int i = 0; i < 3 * width; i++) {
            const int value = (i * 37 + y * 101) % 255 - 127;
            const float as_float = (float)value;
            uint32_t bits;
            memcpy(&bits, &as_float, 4);
            const uint16_t as_bf16 = (uint16_t)(bits >> 16);
            const uint8_t as_byte = (uint8_t)(input.element == LP_U8 ? value + 128 : value);
            const void *const from = input.element == LP_F32    ? (const void *)&as_float
                                     : input.element == LP_BF16 ? (const void *)&as_bf16
                                                                : (const void *)&as_byte;
            memcpy(row + (size_t)i * sizes[input.element], from, sizes[input.element]);
        }
    }
}

static lightpose_status open_plan(layers *t, const measure_options *options, const lp_plan_options *plan,
                                  lightpose_error *error) {
    lp_net *net;

    LP_TRY(lp_net_resolve(lp_model_weights(options->model), options->settings.precision, &t->precision, error));
    LP_TRY(lp_model_net(options->model, t->precision, &net, error));
    LP_TRY(lp_team_create(&t->team, plan->threads, error));
    return lp_plan_create(&t->plan, net, plan, error);
}

lightpose_status layers_open(layers **made, const measure_options *options, int width, int height, int threads,
                             lightpose_error *error) {
    const lp_plan_options plan = {
        .width = width, .height = height, .threads = threads, .stages = options->settings.stages};
    layers *t = calloc(1, sizeof *t);

    *made = NULL;
    if (!t)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the times of the layers");
    t->threads = threads;
    lightpose_status status = open_plan(t, options, &plan, error);
    if (status == LIGHTPOSE_OK) {
        t->steps = lp_plan_steps(t->plan);
        t->step = calloc((size_t)t->steps, sizeof *t->step);
        fill_input(t->plan, width, height);
        if (!t->step)
            status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the times of %d layers", t->steps);
    }
    *made = t;
    if (status != LIGHTPOSE_OK)
        layers_close(made);
    return status;
}

lightpose_status layers_run(layers *t, double seconds, int min_runs, lightpose_error *error) {
    const double peak = peak_measure(t->precision, t->threads);
    timing run = {t, seconds, min_runs, error, LIGHTPOSE_OK};

    lp_team_run(t->team, time_in_team, &run);
    t->peak = peak > t->peak ? peak : t->peak;
    return run.status;
}

void layers_close(layers **t) {
    if (!*t)
        return;
    for (int i = 0; (*t)->step && i < (*t)->steps; i++)
        samples_free(&(*t)->step[i]);
    free((*t)->step);
    samples_free(&(*t)->whole);
    samples_free(&(*t)->sum);
    lp_plan_destroy(&(*t)->plan);
    lp_team_destroy(&(*t)->team);
    free(*t);
    *t = NULL;
}

json_t *layers_json(layers *t) {
    json_t *const list = json_array();
    const char *const instruction = peak_instruction(t->precision, lp_cpu_features(), peak_request_tiles());
    const double peak = t->peak;
    double gmac = 0;
    int references = 0;

    for (int i = 0; i < t->steps; i++) {
        lp_step_info info;
        lp_plan_step_info(t->plan, i, &info);
        const double milliseconds = samples_median(&t->step[i]), rate = (double)info.macs / milliseconds / 1e6;
        json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:f, s:f, s:f}", "name", info.name, "implementation",
                                              info.implementation, "ms", milliseconds, "gmac", (double)info.macs / 1e9,
                                              "gmac_per_s", rate, "share_of_peak", peak > 0 ? rate / peak : 0));
        gmac += (double)info.macs / 1e9;
        references += info.reference;
    }
    const double whole = samples_median(&t->whole), sum = samples_median(&t->sum);
    return json_pack("{s:o, s:o, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:s, s:i, s:I}", "layers", list, "network",
                     samples_json(&t->whole), "threads", t->threads, "sum_of_primitives_ms", sum, "network_over_sum",
                     whole / sum, "gmac", gmac, "gmac_per_s", gmac / whole * 1000, "share_of_peak",
                     peak > 0 ? gmac / whole * 1000 / peak : 0.0, "peak_gmac_per_s", peak, "peak_instruction",
                     instruction ? instruction : "", "reference_layers", references, "arena_bytes",
                     (json_int_t)lp_plan_arena_bytes(t->plan));
}
