/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "measure.h"

#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "base/time.h"
#include "model.h"
#include "samples.h"

static double ms_since(int64_t start) {
    return (double)(lp_now_ns() - start) / 1e6;
}

typedef struct timed {
    lp_plan *plan;
    int steps;
    samples whole, sum; /* the network; its steps run bare, one after the other, added up */
    samples *step;
} timed;

/* One after the other in one run, so that the machine's moods fall on both. */
static lightpose_status time_plan(timed *t, const measure_options *options, lightpose_error *error) {
    lp_maps maps;
    const int64_t end = lp_now_ns() + (int64_t)(options->seconds * 1e9);

    for (int run = -2; run < options->min_runs || lp_now_ns() < end; run++) {
        int64_t start = lp_now_ns();
        LP_TRY(lp_plan_run(t->plan, &maps, error));
        const double whole = ms_since(start);
        double sum = 0;
        for (int i = 0; i < t->steps; i++) {
            start = lp_now_ns();
            LP_TRY(lp_plan_run_step(t->plan, i, error));
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

static json_t *layers_json(timed *t, double peak) {
    json_t *const layers = json_array();
    double gmac = 0;
    int references = 0;

    for (int i = 0; i < t->steps; i++) {
        lp_step_info info;
        lp_plan_step_info(t->plan, i, &info);
        const double milliseconds = samples_median(&t->step[i]), rate = (double)info.macs / milliseconds / 1e6;
        json_array_append_new(layers,
                              json_pack("{s:s, s:s, s:f, s:f, s:f, s:f}", "name", info.name, "implementation",
                                        info.implementation, "ms", milliseconds, "gmac", (double)info.macs / 1e9,
                                        "gmac_per_s", rate, "share_of_peak", peak > 0 ? rate / peak : 0));
        gmac += (double)info.macs / 1e9;
        references += info.reference;
    }
    const double whole = samples_median(&t->whole), sum = samples_median(&t->sum);
    return json_pack("{s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:i, s:I}", "layers", layers, "network",
                     samples_json(&t->whole), "sum_of_primitives_ms", sum, "network_over_sum", whole / sum, "gmac",
                     gmac, "gmac_per_s", gmac / whole * 1000, "share_of_peak",
                     peak > 0 ? gmac / whole * 1000 / peak : 0.0, "reference_layers", references, "arena_bytes",
                     (json_int_t)lp_plan_arena_bytes(t->plan));
}

/* Mid-grey with noise, in whatever type the plan wants: what is in it does not change how long it takes. */
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

json_t *measure_layers(const measure_options *options, int width, int height, double peak, lightpose_error *error) {
    const int threads = options->settings.threads ? options->settings.threads : lp_threads_available();
    const lp_plan_options plan_options = {
        .width = width, .height = height, .threads = threads, .stages = options->settings.stages};
    lightpose_precision precision;
    lp_net *net;
    timed t = {0};
    json_t *json = NULL;
    const int saved = lp_threads_enter(threads);

    if (lp_net_resolve(lp_model_weights(options->model), options->settings.precision, &precision, error) ==
            LIGHTPOSE_OK &&
        lp_model_net(options->model, precision, &net, error) == LIGHTPOSE_OK &&
        lp_plan_create(&t.plan, net, &plan_options, error) == LIGHTPOSE_OK) {
        t.steps = lp_plan_steps(t.plan);
        t.step = calloc((size_t)t.steps, sizeof *t.step);
        fill_input(t.plan, width, height);
        if (t.step && time_plan(&t, options, error) == LIGHTPOSE_OK)
            json = layers_json(&t, peak);
    }
    for (int i = 0; t.step && i < t.steps; i++)
        samples_free(&t.step[i]);
    free(t.step);
    samples_free(&t.whole);
    samples_free(&t.sum);
    lp_plan_destroy(&t.plan);
    lp_threads_leave(saved);
    return json;
}
