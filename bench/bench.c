/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* lightpose-bench: how fast, where the time goes, and what holds it back. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "cli.h"
#include "frames.h"
#include "image/geometry.h"
#include "machine.h"
#include "measure.h"
#include "report.h"
#include "start.h"

typedef struct bench_options {
    lp_cli_model model;
    const char *precisions, *heights, *json, *compare;
    int contexts, limit, layers, decode, runs;
    float seconds;
} bench_options;

static const lp_cli_option own_options[] = {
    {"precisions", 0, "NAME,NAME", "measure these (all that this CPU and these weights have)",
     LP_CLI_AT(TEXT, bench_options, precisions)},
    {"heights", 0, "N,N", "at these network heights (that of --height)", LP_CLI_AT(TEXT, bench_options, heights)},
    {"contexts", 'c', "N", "contexts of one thread for throughput (0: one for each usable CPU)",
     LP_CLI_AT(INT, bench_options, contexts), .min = 0, .max = 1024},
    {"frames", 'n', "N", "read at most so many frames of each input (32)", LP_CLI_AT(INT, bench_options, limit),
     .min = 1, .max = 100000},
    {"seconds", 's', "X", "each measurement takes so long (2)", LP_CLI_AT(NUMBER, bench_options, seconds), .min = 0,
     .max = 3600},
    {"runs", 'r', "N", "and is repeated at least so often (20)", LP_CLI_AT(INT, bench_options, runs), .min = 1,
     .max = 1000000},
    {"decode", 'd', NULL, "also time the decoder alone against a plain dense one",
     LP_CLI_AT(FLAG, bench_options, decode)},
    {"layers", 'l', NULL, "print every layer", LP_CLI_AT(FLAG, bench_options, layers)},
    {"json", 0, "FILE", "write the report as JSON (-: to standard output, in the place of the table)",
     LP_CLI_AT(TEXT, bench_options, json)},
    {"compare", 0, "FILE", "compare with an earlier JSON report", LP_CLI_AT(TEXT, bench_options, compare)},
    {0}};

static const lp_cli_command command = {
    "bench", "[INPUT...]",
    "Measures frames a second and milliseconds of each stage, for every precision, on frames held in memory.\n\n"
    "INPUT are pictures and clips; without any, one made-up picture in which nobody is. Runs are warm; times are\n"
    "medians with their spread. Where the machine was not quiet or not free, the report says so.",
    "    lightpose-bench clip.mp4\n"
    "        All precisions at height 256: latency with all threads, throughput with one context a CPU.\n"
    "    lightpose-bench --precisions int8 --heights 256,368 --decode --layers crowd.jpg\n"
    "        int8 alone, layer by layer, and the decoder against a dense one.\n"
    "    lightpose-bench --json new.json --compare old.json clip.mp4\n"
    "        Before and after a change.\n"};

/* The next word of a list "a,b": its length, and *list moved behind it; 0 at the end. */
static size_t next_word(const char **list, const char **word) {
    *word = *list;
    const size_t length = strcspn(*list, ",");
    *list += length + ((*list)[length] == ',');
    return length;
}

static int precision_of(const char *word, size_t length) {
    for (int p = LIGHTPOSE_PRECISION_F32; p <= LIGHTPOSE_PRECISION_INT8; p++) {
        const char *const name = lp_cli_precision_name((lightpose_precision)p);
        if (strlen(name) == length && strncmp(name, word, length) == 0)
            return p;
    }
    return -1;
}

static double peak_of(const machine_peak *peak, lightpose_precision precision) {
    return precision == LIGHTPOSE_PRECISION_INT8   ? peak->int8
           : precision == LIGHTPOSE_PRECISION_BF16 ? peak->bf16
                                                   : peak->f32;
}

static json_t *measure_all(const bench_options *options, const measure_options *measure, const frames *list,
                           double peak, lightpose_error *error) {
    const int usable = lp_threads_available(), contexts = options->contexts ? options->contexts : usable;
    measure_options single = *measure;
    lp_geometry geometry;
    json_t *const run = json_object();

    json_t *const latency = measure_stages(measure, list, error);
    json_object_set_new(run, "latency", latency);
    if (latency && contexts > 1) {
        single.settings.threads = 1;
        json_t *const throughput = measure_throughput(&single, list, contexts, error);
        json_object_set_new(run, "throughput", throughput);
        const double fps = json_number_value(json_object_get(throughput, "fps"));
        const json_t *const total = json_object_get(json_object_get(latency, "stages"), "total");
        const double median = json_number_value(json_object_get(total, "median_ms"));
        json_object_set_new(run, "throughput_over_latency", json_real(fps * median / 1000));
    }
    if (error->status == LIGHTPOSE_OK &&
        lp_geometry_make(&geometry, list->images[0].width, list->images[0].height, measure->settings.height,
                         &measure->settings, error) == LIGHTPOSE_OK)
        json_object_set_new(run, "network",
                            measure_layers(measure, geometry.net_width, geometry.net_height, peak, error));
    if (error->status == LIGHTPOSE_OK && options->decode)
        json_object_set_new(run, "decode", measure_decoder(measure, list, error));
    return run;
}

/* One run of each precision at each height. A precision that cannot be had is left out, unless it was asked for. */
static void measure_list(const bench_options *options, measure_options *measure, const frames *list,
                         const machine_peak *peak, json_t *runs, lightpose_error *error) {
    const char *precisions = options->precisions ? options->precisions : "f32,bf16,int8", *word;
    size_t length;
    char height_text[16];

    snprintf(height_text, sizeof height_text, "%d", measure->settings.height);
    while (error->status == LIGHTPOSE_OK && (length = next_word(&precisions, &word)) > 0) {
        const int precision = precision_of(word, length);
        if (precision < 0) {
            *error = (lightpose_error){.status = LIGHTPOSE_ERROR_ARGUMENT};
            snprintf(error->text, sizeof error->text, "--precisions: \"%.*s\" is none of f32, bf16, int8", (int)length,
                     word);
            return;
        }
        measure->settings.precision = (lightpose_precision)precision;
        const char *heights = options->heights ? options->heights : height_text, *height;
        while (error->status == LIGHTPOSE_OK && next_word(&heights, &height) > 0) {
            lightpose_context *probe = NULL;
            measure->settings.height = atoi(height);
            const lightpose_status status = lightpose_context_open(&probe, measure->model, &measure->settings, error);
            lightpose_context_close(&probe);
            if (status == LIGHTPOSE_ERROR_UNSUPPORTED && !options->precisions) {
                *error = (lightpose_error){0};
                continue;
            }
            if (status != LIGHTPOSE_OK)
                return;
            json_t *const run = measure_all(options, measure, list, peak_of(peak, measure->settings.precision), error);
            json_object_set_new(run, "precision", json_string(lp_cli_precision_name(measure->settings.precision)));
            json_object_set_new(run, "height", json_integer(measure->settings.height));
            json_object_set_new(run, "decoder", json_string(lp_cli_decoder_name(measure->settings.decoder)));
            json_array_append_new(runs, run);
        }
    }
}

static int write_report(const bench_options *options, const json_t *report) {
    const int to_stdout = options->json && strcmp(options->json, "-") == 0;
    json_error_t bad;

    if (to_stdout)
        json_dumpf(report, stdout, JSON_INDENT(2));
    else
        report_print(stdout, report, options->layers);
    if (options->json && !to_stdout && json_dump_file(report, options->json, JSON_INDENT(2)) != 0) {
        lp_cli_error("%s: cannot be written", options->json);
        return LP_CLI_FAILED;
    }
    if (!options->compare)
        return LP_CLI_OK;
    json_t *const earlier = json_load_file(options->compare, 0, &bad);
    if (!earlier) {
        lp_cli_error("%s: %s", options->compare, bad.text);
        return LP_CLI_FAILED;
    }
    report_compare(to_stdout ? stderr : stdout, report, earlier);
    json_decref(earlier);
    return LP_CLI_OK;
}

static int run_bench(const bench_options *options, const lp_cli_operands *inputs) {
    measure_options measure = {
        .settings = options->model.settings, .seconds = (double)options->seconds, .min_runs = options->runs};
    frames list = {0};
    lightpose_error error = {0};
    int code = LP_CLI_FAILED;

    json_t *const report = json_object(), *const runs = json_array(), *const machine = machine_json();
    json_object_set_new(report, "machine", machine);
    json_object_set_new(report, "runs", runs);
    if (lightpose_model_load(&measure.model, options->model.weights, &error) == LIGHTPOSE_OK &&
        frames_read(&list, inputs->items, inputs->count, options->limit, &error) == LIGHTPOSE_OK) {
        const int threads = measure.settings.threads ? measure.settings.threads : lp_threads_available();
        const machine_peak peak = machine_measure_peak(threads);
        json_object_set_new(machine, "peak_gmac_per_s",
                            json_pack("{s:f, s:f, s:f}", "f32", peak.f32, "bf16", peak.bf16, "int8", peak.int8));
        measure_list(options, &measure, &list, &peak, runs, &error);
    }
    if (error.status == LIGHTPOSE_OK)
        code = write_report(options, report);
    else
        lp_cli_error("%s", error.text);
    frames_free(&list);
    lightpose_model_release(&measure.model);
    json_decref(report);
    return code;
}

int main(int argc, char **argv) {
    bench_options options = {.limit = 32, .seconds = 2, .runs = 20};
    lp_cli_operands inputs;

    lp_start(argv);
    lightpose_settings_default(&options.model.settings);
    const lp_cli_group groups[] = {
        {"Measurement", own_options, &options}, LP_CLI_MODEL_GROUP(&options.model), {NULL, NULL, NULL}};
    int code = lp_cli_parse(&command, groups, argc, argv, &inputs);
    if (code == LP_CLI_GO) {
        code = run_bench(&options, &inputs);
        lp_cli_operands_free(&inputs);
    }
    return code;
}
