/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "measure.h"

#include <unistd.h>

#include "base/status.h"
#include "busy.h"
#include "image/geometry.h"
#include "pool.h"

enum { ROUNDS = 8, SETTLE_US = 150000 };

typedef struct run {
    const measure_options *options;
    const frames *input;
    pool pools[2 * MEASURE_LIST]; /* pools of a single context first */
    int pool_count;
    layers *layers;
} run;

static lightpose_status open_all(run *r, lightpose_error *error) {
    const measure_options *const options = r->options;
    const lightpose_image *const image = &r->input->images[0];
    lp_geometry geometry;

    for (int i = 0; i < options->threads.count; i++)
        LP_TRY(pool_open(&r->pools[r->pool_count++], options, r->input, 1, options->threads.items[i], error));
    for (int i = 0; i < options->contexts.count; i++)
        LP_TRY(pool_open(&r->pools[r->pool_count++], options, r->input, options->contexts.items[i], 1, error));
    LP_TRY(
        lp_geometry_make(&geometry, image->width, image->height, options->settings.height, &options->settings, error));
    return layers_open(&r->layers, options, geometry.net_width, geometry.net_height, options->threads.items[0], error);
}

static lightpose_status run_busy(run *r, double seconds, int runs, lightpose_error *error) {
    busy others;

    if (busy_start(&others, r->options->busy_cores) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%d processes to keep cores busy could not be started",
                       r->options->busy_cores);
    usleep(SETTLE_US);
    for (int i = 0; i < r->pool_count && error->status == LIGHTPOSE_OK; i++)
        (void)!pool_run(&r->pools[i], seconds, runs, POOL_BUSY, error);
    busy_stop(&others);
    return error->status;
}

static lightpose_status run_all(run *r, lightpose_error *error) {
    const measure_options *const options = r->options;
    const int rounds = options->min_runs < ROUNDS ? options->min_runs : ROUNDS;
    const int runs = (options->min_runs + rounds - 1) / rounds;
    const double seconds = options->seconds / rounds;

    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < r->pool_count; i++) {
            LP_TRY(pool_run(&r->pools[i], seconds, runs, POOL_QUIET, error));
            if (options->slowdown > 1 && r->pools[i].threads > 1)
                LP_TRY(pool_run(&r->pools[i], seconds, runs, POOL_SLOWED, error));
        }
        LP_TRY(layers_run(r->layers, seconds, runs, error));
        if (options->busy_cores)
            LP_TRY(run_busy(r, seconds, runs, error));
    }
    return LIGHTPOSE_OK;
}

static double number(const json_t *json, const char *key) {
    return json_number_value(json_object_get(json, key));
}

/* Relates n contexts to a single context of n threads, or to the first pool if there is none. */
static void add_ratios(json_t *latency, json_t *throughput) {
    size_t i, j;
    json_t *many, *one;

    json_array_foreach(throughput, i, many) {
        const json_t *with = json_array_get(latency, 0);
        json_array_foreach(latency, j, one) {
            if (number(one, "threads") == number(many, "contexts"))
                with = one;
        }
        json_object_set_new(many, "over_threads", json_integer((json_int_t)number(with, "threads")));
        json_object_set_new(many, "over_one_context", json_real(number(many, "fps") / number(with, "fps")));
    }
}

static json_t *run_json(run *r) {
    json_t *const latency = json_array(), *const throughput = json_array(), *const network = layers_json(r->layers);
    double most = 0;

    for (int i = 0; i < r->pool_count; i++) {
        json_t *const json = pool_json(&r->pools[i]);
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
    run r = {.options = options, .input = input};
    json_t *json = NULL;

    if (open_all(&r, error) == LIGHTPOSE_OK && run_all(&r, error) == LIGHTPOSE_OK)
        json = run_json(&r);
    layers_close(&r.layers);
    for (int i = 0; i < r.pool_count; i++)
        pool_close(&r.pools[i]);
    if (json && options->decode)
        json_object_set_new(json, "decode", measure_decoder(options, input, error));
    return json;
}
