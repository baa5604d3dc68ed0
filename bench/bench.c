/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* lightpose-bench: how fast, where the time goes, and what holds it back. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "base/threads.h"
#include "cli.h"
#include "frames.h"
#include "hold.h"
#include "machine.h"
#include "measure.h"
#include "report.h"
#include "start.h"

typedef struct bench_options {
    lp_cli_model model;
    const char *precisions, *heights, *threads, *contexts, *json, *compare;
    lp_cli_operands inputs;
    int limit, layers, decode, runs, held;
    float seconds;
    /* the lists, read */
    measure_list precision, height, thread, context;
} bench_options;

/* Lists, where other commands take one. */
static const char *const listed[] = {"precision", "height", "threads"};

static const lp_cli_option own_options[] = {
    {"input", 'i', "INPUT", "a further input", LP_CLI_AT(TEXTS, bench_options, inputs)},
    {"precision", 0, "NAME,NAME", "auto, f32, bf16, int8 (the last three, as far as CPU and weights have them)",
     LP_CLI_AT(TEXT, bench_options, precisions)},
    {"height", 0, "N,N", "network input heights (256)", LP_CLI_AT(TEXT, bench_options, heights)},
    {"threads", 't', "N,N", "threads of one context (0: the CPUs this process may use)",
     LP_CLI_AT(TEXT, bench_options, threads)},
    {"contexts", 'c', "N,N", "contexts of one thread, for throughput (0: one for each of those CPUs; 1: none)",
     LP_CLI_AT(TEXT, bench_options, contexts)},
    {"frames", 'n', "N", "read at most so many frames of each input (32)", LP_CLI_AT(INT, bench_options, limit),
     .min = 1, .max = 100000},
    {"seconds", 's', "X", "each measurement takes so long (2)", LP_CLI_AT(NUMBER, bench_options, seconds), .min = 0,
     .max = 3600},
    {"runs", 'r', "N", "and is repeated at least so often (20)", LP_CLI_AT(INT, bench_options, runs), .min = 1,
     .max = 1000000},
    {"busy-cores", 0, "N", "measure also while other programs hold N cores (0)", LP_CLI_AT(INT, bench_options, held),
     .min = 0, .max = HOLD_MOST},
    {"decode", 'd', NULL, "also time the decoder alone against a plain dense one",
     LP_CLI_AT(FLAG, bench_options, decode)},
    {"layers", 'l', NULL, "print every layer", LP_CLI_AT(FLAG, bench_options, layers)},
    {"json", 0, "FILE", "write the report as JSON (-: to standard output, in the place of the table)",
     LP_CLI_AT(TEXT, bench_options, json)},
    {"compare", 0, "FILE", "compare with an earlier JSON report", LP_CLI_AT(TEXT, bench_options, compare)},
    {0}};

static const lp_cli_command command = {
    "lightpose-bench", "[INPUT...]",
    "Measures frames a second and milliseconds of each stage, for every precision, on frames held in memory.\n\n"
    "INPUT are pictures, folders and clips, each measured by itself; without any, one made-up picture in which nobody\n"
    "is. Runs are warm; times are medians with their spread. Where the machine was not quiet or not free, the report\n"
    "says so.",
    "    lightpose-bench clip.mp4\n"
    "        All precisions at height 256: latency with all threads, throughput with one context a CPU.\n"
    "    lightpose-bench --precision int8 --height 256,368 --decode --layers clip.mp4 crowds/\n"
    "        int8 alone, layer by layer, and the decoder against a dense one.\n"
    "    lightpose-bench --precision int8 --busy-cores 1 clip.mp4\n"
    "        What is left of the speed when another program holds a core.\n"
    "    lightpose-bench --json new.json --compare old.json clip.mp4\n"
    "        Before and after a change.\n"};

/* ---- Lists: "a,b" ------------------------------------------------------------------------------------------------ */

/* A whole number, or a precision's name where `names`; -1 for anything else. */
static int value_of(const char *word, int names) {
    char *end;

    for (int p = LIGHTPOSE_PRECISION_AUTO; names && p <= LIGHTPOSE_PRECISION_INT8; p++)
        if (strcmp(lp_cli_precision_name((lightpose_precision)p), word) == 0)
            return p;
    const long number = strtol(word, &end, 10);
    return names || *end || end == word || number < 0 || number > 1000000 ? -1 : (int)number;
}

static int read_list(const char *option, const char *text, int least, int most, measure_list *list) {
    const int names = strcmp(option, "precision") == 0;
    char word[32];

    list->count = 0;
    for (const char *at = text;;) {
        const size_t length = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, at);
        const int value = value_of(word, names);
        if (value < 0 || (!names && (value < least || value > most)))
            return names ? lp_cli_usage(command.name, "option --%s: \"%.*s\" is none of auto, f32, bf16, int8", option,
                                        (int)length, at)
                         : lp_cli_usage(command.name, "option --%s: \"%.*s\" is not a whole number from %d to %d",
                                        option, (int)length, at, least, most);
        if (list->count == MEASURE_LIST)
            return lp_cli_usage(command.name, "option --%s: more than %d values", option, MEASURE_LIST);
        list->items[list->count++] = value;
        if (!at[length])
            return LP_CLI_GO;
        at += length + 1;
    }
}

static int read_lists(bench_options *options) {
    const int usable = lp_threads_available(), most = LP_MAX_THREADS;
    int code =
        read_list("precision", options->precisions ? options->precisions : "f32,bf16,int8", 0, 0, &options->precision);

    if (code == LP_CLI_GO)
        code = read_list("height", options->heights ? options->heights : "256", 1, 2048, &options->height);
    if (code == LP_CLI_GO)
        code = read_list("threads", options->threads ? options->threads : "0", 0, most, &options->thread);
    if (code == LP_CLI_GO)
        code = read_list("contexts", options->contexts ? options->contexts : "0", 0, most, &options->context);
    for (int i = 0; i < options->thread.count; i++)
        if (options->thread.items[i] == 0)
            options->thread.items[i] = usable;
    measure_list *const contexts = &options->context;
    int kept = 0;
    for (int i = 0; i < contexts->count; i++) {
        const int count = contexts->items[i] ? contexts->items[i] : usable;
        if (count > 1)
            contexts->items[kept++] = count;
    }
    contexts->count = kept;
    return code;
}

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

/* Whether CPU and weights have the precision. An error where they have not and it was asked for. */
static int has_precision(const bench_options *options, const measure_options *measure, lightpose_error *error) {
    lightpose_context *probe = NULL;

    const lightpose_status status = lightpose_context_open(&probe, measure->model, &measure->settings, error);
    lightpose_context_close(&probe);
    if (status == LIGHTPOSE_ERROR_UNSUPPORTED && !options->precisions)
        *error = (lightpose_error){0};
    return status == LIGHTPOSE_OK;
}

static void measure_input(const bench_options *options, measure_options *measure, const char *name, const frames *list,
                          json_t *runs, lightpose_error *error) {
    for (int p = 0; p < options->precision.count; p++)
        for (int h = 0; h < options->height.count && error->status == LIGHTPOSE_OK; h++) {
            measure->settings.precision = (lightpose_precision)options->precision.items[p];
            measure->settings.height = options->height.items[h];
            if (!has_precision(options, measure, error))
                continue;
            json_t *const run = measure_run(measure, list, error);
            if (!run)
                return;
            json_object_set_new(run, "input", json_string(name));
            json_object_set_new(run, "precision", json_string(lp_cli_precision_name(measure->settings.precision)));
            json_object_set_new(run, "height", json_integer(measure->settings.height));
            json_object_set_new(run, "decoder", json_string(lp_cli_decoder_name(measure->settings.decoder)));
            json_array_append_new(runs, run);
        }
}

/* A process of its own for each precision, before this one has threads. */
static json_t *measure_openings(const bench_options *options, measure_options *measure, lightpose_error *error) {
    json_t *const openings = json_object();

    measure->settings.height = options->height.items[0];
    measure->settings.threads = options->thread.items[0];
    for (int p = 0; p < options->precision.count && error->status == LIGHTPOSE_OK; p++) {
        measure->settings.precision = (lightpose_precision)options->precision.items[p];
        json_t *const opening = measure_opening(options->model.weights, &measure->settings, error);
        if (opening)
            json_object_set_new(openings, lp_cli_precision_name(measure->settings.precision), opening);
        else if (error->status == LIGHTPOSE_ERROR_UNSUPPORTED && !options->precisions)
            *error = (lightpose_error){0};
    }
    return openings;
}

static lightpose_status measure_all(const bench_options *options, const lp_cli_operands *inputs, json_t *report,
                                    lightpose_error *error) {
    measure_options measure = {.settings = options->model.settings,
                               .threads = options->thread,
                               .contexts = options->context,
                               .seconds = (double)options->seconds,
                               .min_runs = options->runs,
                               .held = options->held,
                               .decode = options->decode};
    const int count = inputs->count + options->inputs.count;
    json_t *const runs = json_array();

    json_object_set_new(report, "machine", machine_json());
    json_object_set_new(report, "busy_cores", json_integer(options->held));
    json_object_set_new(report, "opening", measure_openings(options, &measure, error));
    json_object_set_new(report, "runs", runs);
    if (error->status == LIGHTPOSE_OK)
        (void)!lightpose_model_load(&measure.model, options->model.weights, error);
    for (int i = 0; i < (count ? count : 1) && error->status == LIGHTPOSE_OK; i++) {
        const char *const name = !count              ? "made-up picture"
                                 : i < inputs->count ? inputs->items[i]
                                                     : options->inputs.items[i - inputs->count];
        frames list = {0};
        if (frames_read(&list, &name, count ? 1 : 0, options->limit, error) == LIGHTPOSE_OK)
            measure_input(options, &measure, name, &list, runs, error);
        frames_free(&list);
    }
    lightpose_model_release(&measure.model);
    return error->status;
}

/* Written aside and renamed: an earlier report stays whole until this one is. */
static int write_json(const char *path, const json_t *report) {
    char aside[4096];

    const int length = snprintf(aside, sizeof aside, "%s.%d", path, (int)getpid());
    if (length < (int)sizeof aside && json_dump_file(report, aside, JSON_INDENT(2)) == 0 && rename(aside, path) == 0)
        return LP_CLI_OK;
    lp_cli_error("%s: cannot be written: %s", path, strerror(errno));
    (void)unlink(aside);
    return LP_CLI_FAILED;
}

static int write_report(const bench_options *options, const json_t *report, const json_t *earlier) {
    const int to_stdout = options->json && strcmp(options->json, "-") == 0;
    FILE *const table = to_stdout ? stderr : stdout;

    if (to_stdout)
        json_dumpf(report, stdout, JSON_INDENT(2));
    else
        report_print(table, report, options->layers);
    if (earlier)
        report_compare(table, report, earlier);
    return options->json && !to_stdout ? write_json(options->json, report) : LP_CLI_OK;
}

static int run_bench(bench_options *options, const lp_cli_operands *inputs) {
    lightpose_error error = {0};
    json_error_t bad;
    json_t *earlier = NULL;
    int code = read_lists(options);

    if (code != LP_CLI_GO)
        return code;
    if (options->compare && !(earlier = json_load_file(options->compare, 0, &bad))) {
        lp_cli_error("%s: %s", options->compare, bad.text);
        return LP_CLI_FAILED;
    }
    json_t *const report = json_object();
    if (measure_all(options, inputs, report, &error) == LIGHTPOSE_OK) {
        code = write_report(options, report, earlier);
    } else {
        lp_cli_error("%s", error.text);
        code = LP_CLI_FAILED;
    }
    json_decref(earlier);
    json_decref(report);
    return code;
}

/* The model's options but those that are lists here. */
static void take_model_options(lp_cli_option *to, size_t room) {
    size_t count = 0;

    for (const lp_cli_option *from = lp_cli_model_options; from->name && count + 1 < room; from++) {
        int is_listed = 0;
        for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
            is_listed |= strcmp(from->name, listed[i]) == 0;
        if (!is_listed)
            to[count++] = *from;
    }
    to[count] = (lp_cli_option){0};
}

int main(int argc, char **argv) {
    bench_options options = {.limit = 32, .seconds = 2, .runs = 20};
    lp_cli_option model_options[64];
    lp_cli_operands inputs;

    lp_start(argv);
    lp_start_over();
    take_model_options(model_options, sizeof model_options / sizeof *model_options);
    lightpose_settings_default(&options.model.settings);
    const lp_cli_group groups[] = {{"Measurement", own_options, &options},
                                   {"Network and decoder", model_options, &options.model},
                                   {NULL, NULL, NULL}};
    int code = lp_cli_parse(&command, groups, argc, argv, &inputs);
    if (code == LP_CLI_GO) {
        code = run_bench(&options, &inputs);
        lp_cli_operands_free(&inputs);
    }
    lp_cli_operands_free(&options.inputs);
    return code;
}
