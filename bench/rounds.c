/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "measure.h"

#include <unistd.h>

#include "base/status.h"
#include "crew.h"
#include "hold.h"
#include "image/geometry.h"

enum { ROUNDS = 8, SETTLE_US = 150000 };

typedef struct rounds {
    const measure_options *options;
    const frames *input;
    crew crews[2 * MEASURE_LIST]; /* those of one context first */
    int crew_count;
    layers *layers;
} rounds;

static lightpose_status open_all(rounds *r, lightpose_error *error) {
    const measure_options *const options = r->options;
    const lightpose_image *const image = &r->input->images[0];
    lp_geometry geometry;

    for (int i = 0; i < options->threads.count; i++)
        LP_TRY(crew_open(&r->crews[r->crew_count++], options, r->input, 1, options->threads.items[i], error));
    for (int i = 0; i < options->contexts.count; i++)
        LP_TRY(crew_open(&r->crews[r->crew_count++], options, r->input, options->contexts.items[i], 1, error));
    LP_TRY(
        lp_geometry_make(&geometry, image->width, image->height, options->settings.height, &options->settings, error));
    return layers_open(&r->layers, options, geometry.net_width, geometry.net_height, options->threads.items[0], error);
}

static lightpose_status run_held(rounds *r, double seconds, int runs, lightpose_error *error) {
    hold others;

    if (hold_start(&others, r->options->held) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no %d processes to hold cores", r->options->held);
    usleep(SETTLE_US);
    for (int i = 0; i < r->crew_count && error->status == LIGHTPOSE_OK; i++)
        (void)!crew_run(&r->crews[i], seconds, runs, 1, error);
    hold_stop(&others);
    return error->status;
}

static lightpose_status run_all(rounds *r, lightpose_error *error) {
    const int times = r->options->min_runs < ROUNDS ? r->options->min_runs : ROUNDS;
    const int runs = (r->options->min_runs + times - 1) / times;
    const double seconds = r->options->seconds / times;

    for (int round = 0; round < times; round++) {
        for (int i = 0; i < r->crew_count; i++)
            LP_TRY(crew_run(&r->crews[i], seconds, runs, 0, error));
        LP_TRY(layers_run(r->layers, seconds, runs, error));
        if (r->options->held)
            LP_TRY(run_held(r, seconds, runs, error));
    }
    return LIGHTPOSE_OK;
}

static double number(const json_t *json, const char *key) {
    return json_number_value(json_object_get(json, key));
}

/* Against the one context that has as many threads as these have together, else against the first. */
static void add_ratios(json_t *latency, json_t *throughput) {
    size_t i, j;
    json_t *many, *one;

    json_array_foreach(throughput, i, many) {
        const json_t *with = json_array_get(latency, 0);
        json_array_foreach(latency, j, one) {
            if (number(one, "threads") == number(many, "contexts"))
                with = one;
        }
        json_object_set_new(many, "over_threads",
                            json_object_get(with, "threads") ? json_copy(json_object_get(with, "threads"))
                                                             : json_null());
        json_object_set_new(many, "over_one_context", json_real(number(many, "fps") / number(with, "fps")));
    }
}

static json_t *rounds_json(rounds *r) {
    json_t *const latency = json_array(), *const throughput = json_array(), *const network = layers_json(r->layers);
    double most = 0;

    for (int i = 0; i < r->crew_count; i++) {
        json_t *const json = crew_json(&r->crews[i]);
        json_array_append_new(i < r->options->threads.count ? latency : throughput, json);
        most = number(json, "fps") > most ? number(json, "fps") : most;
    }
    add_ratios(latency, throughput);
    const double primitives = number(network, "sum_of_primitives_ms");
    return json_pack("{s:o, s:o, s:o, s:{s:f, s:f}}", "latency", latency, "throughput", throughput, "network", network,
                     "fps_times_primitives_ms", "latency", number(json_array_get(latency, 0), "fps") * primitives,
                     "best", most * primitives);
}

json_t *measure_run(const measure_options *options, const frames *input, lightpose_error *error) {
    rounds r = {.options = options, .input = input};
    json_t *json = NULL;

    if (open_all(&r, error) == LIGHTPOSE_OK && run_all(&r, error) == LIGHTPOSE_OK)
        json = rounds_json(&r);
    layers_close(&r.layers);
    for (int i = 0; i < r.crew_count; i++)
        crew_close(&r.crews[i]);
    if (json && options->decode)
        json_object_set_new(json, "decode", measure_decoder(options, input, error));
    return json;
}
