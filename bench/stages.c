/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "measure.h"

#include "base/time.h"
#include "machine.h"
#include "samples.h"

enum { PREPROCESS, NETWORK, PEAKS, GROUP, TOTAL, STAGES };

static const char *const names[STAGES] = {"preprocess", "network", "peaks", "grouping", "total"};

static double ms(int64_t nanoseconds) {
    return (double)nanoseconds / 1e6;
}

static void add_frame(samples list[STAGES], const lightpose_stats *stats) {
    const int64_t times[STAGES] = {stats->preprocess_ns, stats->network_ns, stats->peaks_ns, stats->group_ns,
                                   stats->total_ns};
    for (int i = 0; i < STAGES; i++)
        (void)samples_add(&list[i], ms(times[i]));
}

static double rate(double milliseconds) {
    return milliseconds > 0 ? 1000 / milliseconds : 0;
}

/* The lines of the paper's tables: frames a second of all, of the network, of post-processing; and the latter's parts.
 */
static json_t *paper_lines(samples list[STAGES]) {
    const double peaks = samples_median(&list[PEAKS]), group = samples_median(&list[GROUP]);

    return json_pack("{s:{s:f, s:f, s:f}, s:{s:f, s:f}}", "table_6_fps", "total", rate(samples_median(&list[TOTAL])),
                     "network", rate(samples_median(&list[NETWORK])), "post_processing", rate(peaks + group),
                     "table_3_fps", "resize_and_peaks", rate(peaks), "grouping", rate(group));
}

static json_t *stages_json(samples list[STAGES], const lightpose_stats *stats, double people) {
    json_t *const stages = json_object();

    for (int i = 0; i < STAGES; i++)
        json_object_set_new(stages, names[i], samples_json(&list[i]));
    return json_pack("{s:o, s:f, s:f, s:o, s:i, s:i, s:i}", "stages", stages, "fps", rate(samples_median(&list[TOTAL])),
                     "people_per_frame", people, "paper", paper_lines(list), "threads", stats->threads, "net_width",
                     stats->net_width, "net_height", stats->net_height);
}

/* Every frame once, so that every size has its plan and every buffer its length; then frames in turn. */
static lightpose_status run(const measure_options *options, const frames *input, lightpose_context *context,
                            lightpose_result *result, samples list[STAGES], int64_t *people, lightpose_error *error) {
    lightpose_stats stats;

    for (int i = 0; i < input->count; i++)
        if (lightpose_infer(context, &input->images[i], result, error) != LIGHTPOSE_OK)
            return error->status;
    const int64_t end = lp_now_ns() + (int64_t)(options->seconds * 1e9);
    for (int i = 0; i < options->min_runs || lp_now_ns() < end; i++) {
        if (lightpose_infer(context, &input->images[i % input->count], result, error) != LIGHTPOSE_OK)
            return error->status;
        lightpose_context_stats(context, &stats);
        add_frame(list, &stats);
        *people += lightpose_result_count(result);
    }
    return LIGHTPOSE_OK;
}

json_t *measure_stages(const measure_options *options, const frames *input, lightpose_error *error) {
    lightpose_context *context = NULL;
    lightpose_result *result = NULL;
    samples list[STAGES] = {{0}};
    json_t *json = NULL, *const causes = json_array();
    int64_t people = 0;
    lightpose_stats stats;

    const machine_load before = machine_load_now();
    if (lightpose_context_open(&context, options->model, &options->settings, error) == LIGHTPOSE_OK &&
        lightpose_result_create(&result, error) == LIGHTPOSE_OK &&
        run(options, input, context, result, list, &people, error) == LIGHTPOSE_OK) {
        const machine_load after = machine_load_now();
        lightpose_context_stats(context, &stats);
        json = stages_json(list, &stats, (double)people / (double)list[TOTAL].count);
        machine_causes(causes, &before, &after, stats.threads, 1);
        json_object_set(json, "slower_because", causes);
    }
    for (int i = 0; i < STAGES; i++)
        samples_free(&list[i]);
    json_decref(causes);
    lightpose_result_destroy(&result);
    lightpose_context_close(&context);
    return json;
}
