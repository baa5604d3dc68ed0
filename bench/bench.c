/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* lightpose-bench: measures the speed of the library, where the time goes, and what slows it down. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "against.h"
#include "base/status.h"
#include "base/threads.h"
#include "compare.h"
#include "frames.h"
#include "machine.h"
#include "measure.h"
#include "options.h"
#include "peak.h"
#include "report.h"
#include "start.h"
#include "which_weights.h"

enum { EXIT_SLOWER = 3 };

static int failed(const lightpose_error *error) {
    lp_cli_error("%s", error->text);
    return LP_CLI_FAILED;
}

/* ---- Measuring --------------------------------------------------------------------------------------------------- */

/* Whether CPU and weights support the precision. It is an error if they do not support one that the user named. */
static int has_precision(const bench_options *options, const measure_options *measure, lightpose_error *error) {
    lightpose_context *probe = NULL;

    const lightpose_status status = lightpose_context_create(&probe, measure->model, &measure->settings, error);
    lightpose_context_destroy(&probe);
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
            json_object_set_new(run, "precision",
                                json_string(lightpose_precision_get_name(measure->settings.precision)));
            json_object_set_new(run, "height", json_integer(measure->settings.height));
            json_object_set_new(run, "decoder", json_string(lightpose_decoder_get_name(measure->settings.decoder)));
            json_array_append_new(runs, run);
        }
}

/* Runs each precision in a process of its own, before this process starts threads. */
static json_t *measure_startups(const bench_options *options, measure_options *measure, lightpose_error *error) {
    json_t *const startups = json_object();

    measure->settings.height = options->height.items[0];
    measure->settings.threads = options->threads.items[0];
    for (int p = 0; p < options->precision.count && error->status == LIGHTPOSE_OK; p++) {
        measure->settings.precision = (lightpose_precision)options->precision.items[p];
        json_t *const startup = measure_startup(options->model.weights, &measure->settings, error);
        if (startup)
            json_object_set_new(startups, lightpose_precision_get_name(measure->settings.precision), startup);
        else if (error->status == LIGHTPOSE_ERROR_UNSUPPORTED && !options->precisions)
            *error = (lightpose_error){0};
    }
    return startups;
}

static json_t *weights_json(const lightpose_model *model) {
    lightpose_model_info info;

    lightpose_model_get_info(model, &info);
    return json_pack("{s:s, s:s}", "variant", info.variant, "source", info.source);
}

static lightpose_status measure_all(const bench_options *options, const lp_cli_operands *inputs, json_t *report,
                                    lightpose_error *error) {
    measure_options measure = {.settings = options->model.settings,
                               .threads = options->threads,
                               .contexts = options->contexts,
                               .seconds = (double)options->seconds,
                               .min_runs = options->runs,
                               .busy_cores = options->busy_cores,
                               .slowdown = (double)options->slow_thread,
                               .decode = options->decode};
    const int count = inputs->count + options->inputs.count;
    json_t *const runs = json_array();

    json_object_update_new(report, json_pack("{s:s, s:i, s:o, s:i}", "format", "lightpose-bench", "version", 1,
                                             "machine", machine_json(), "busy_cores", options->busy_cores));
    if (options->startup)
        json_object_set_new(report, "startup", measure_startups(options, &measure, error));
    json_object_set_new(report, "runs", runs);
    if (error->status == LIGHTPOSE_OK &&
        lightpose_model_create(&measure.model, options->model.weights, error) == LIGHTPOSE_OK) {
        json_object_set_new(report, "weights", weights_json(measure.model));
        lp_tell_weights(measure.model, options->model.weights);
    }
    for (int i = 0; i < (count ? count : 1) && error->status == LIGHTPOSE_OK; i++) {
        const char *const name = !count              ? "generated image"
                                 : i < inputs->count ? inputs->items[i]
                                                     : options->inputs.items[i - inputs->count];
        frames list = {0};
        if (frames_read(&list, &name, count ? 1 : 0, options->frames, error) == LIGHTPOSE_OK)
            measure_input(options, &measure, name, &list, runs, error);
        frames_free(&list);
    }
    lightpose_model_destroy(&measure.model);
    return error->status;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/* Writes to a temporary name and renames it, so that an earlier report remains until the new one is complete. */
static int write_file(const char *path, const json_t *report) {
    char aside[4096];

    const int length = snprintf(aside, sizeof aside, "%s.%d", path, (int)getpid());
    if (length < (int)sizeof aside && json_dump_file(report, aside, JSON_INDENT(2)) == 0 && rename(aside, path) == 0)
        return LP_CLI_OK;
    lp_cli_error("%s: cannot be written: %s", path, strerror(errno));
    (void)unlink(aside);
    return LP_CLI_FAILED;
}

static int to_stdout(const bench_options *options) {
    return options->json && strcmp(options->json, "-") == 0;
}

static int write_json(const bench_options *options, const json_t *report) {
    if (!options->json)
        return LP_CLI_OK;
    return to_stdout(options) ? (json_dumpf(report, stdout, JSON_INDENT(2)), putchar('\n'), LP_CLI_OK)
                              : write_file(options->json, report);
}

/* The exit status for a comparison. Prints a message if it cannot be judged. */
static int judge(const bench_options *options, const json_t *comparison) {
    const char *const difference = json_string_value(json_object_get(comparison, "machine_differs"));
    const double percent = (double)options->threshold;

    if (percent < 0)
        return LP_CLI_OK;
    if (difference) {
        lp_cli_error("--threshold: the machines differ (%s); compare with another build by --against instead",
                     difference);
        return LP_CLI_FAILED;
    }
    if (json_array_size(json_object_get(comparison, "figures")) == 0) {
        lp_cli_error("--threshold: the reports have no figure in common");
        return LP_CLI_FAILED;
    }
    const int slower = compare_slower(comparison, percent);
    if (slower)
        lp_cli_error("%d figure%s slower by more than %g %%", slower, slower == 1 ? " is" : "s are", percent);
    return slower ? EXIT_SLOWER : LP_CLI_OK;
}

/* Prints a comparison and puts it into the report. */
static int finish_comparison(const bench_options *options, json_t *report, json_t *comparison) {
    compare_print(to_stdout(options) ? stderr : stdout, comparison, (double)options->threshold, options->verbose);
    json_object_set_new(report, "comparison", comparison);
    const int code = judge(options, comparison);
    const int written = write_json(options, report);
    return written == LP_CLI_OK ? code : written;
}

/* ---- Commands ---------------------------------------------------------------------------------------------------- */

static json_t *read_report(const char *path) {
    json_error_t bad;
    json_t *const report = json_load_file(path, 0, &bad);
    const char *const wrong = report ? compare_check(report) : bad.text;

    if (!wrong)
        return report;
    lp_cli_error("%s: %s", path, wrong);
    json_decref(report);
    return NULL;
}

static int is_report(const char *name) {
    const size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

static int compare_files(const bench_options *options, const json_t *old, const char *path) {
    json_t *const report = read_report(path);

    if (!report)
        return LP_CLI_FAILED;
    const int code = finish_comparison(options, report, compare_reports(old, report));
    json_decref(report);
    return code;
}

static int compare_builds(const bench_options *options, char **argv) {
    lightpose_error error = {0};
    json_t *comparison;

    if (against_run(&comparison, options->against, argv, (double)options->seconds, options->runs, &error) !=
        LIGHTPOSE_OK)
        return failed(&error);
    json_t *const report = json_pack("{s:s, s:i, s:o, s:s}", "format", "lightpose-bench", "version", 1, "machine",
                                     machine_json(), "against", options->against);
    const int code = finish_comparison(options, report, comparison);
    json_decref(report);
    return code;
}

static int measure_and_report(const bench_options *options, const lp_cli_operands *inputs, const json_t *old) {
    lightpose_error error = {0};
    json_t *const report = json_object();
    int code;

    if (measure_all(options, inputs, report, &error) != LIGHTPOSE_OK) {
        code = failed(&error);
        json_decref(report);
        return code;
    }
    if (!to_stdout(options)) {
        report_summary(stdout, report);
        if (options->verbose)
            report_details(stdout, report);
        if (options->layers)
            report_layers(stdout, report);
    }
    code = old ? finish_comparison(options, report, compare_reports(old, report)) : write_json(options, report);
    json_decref(report);
    return code;
}

static int print_peaks(const bench_options *options) {
    json_t *const report = json_pack("{s:s, s:i, s:o, s:o}", "format", "lightpose-bench", "version", 1, "machine",
                                     machine_json(), "peaks", peak_all(options->threads.items[0]));

    if (!to_stdout(options))
        report_peaks(stdout, json_object_get(report, "peaks"));
    const int code = write_json(options, report);
    json_decref(report);
    return code;
}

static int run_bench(const bench_options *options, const lp_cli_operands *inputs, char **argv) {
    json_t *old = NULL;
    int code;

    if (options->peaks)
        return print_peaks(options);
    if (options->against)
        return compare_builds(options, argv);
    if (options->compare && !(old = read_report(options->compare)))
        return LP_CLI_FAILED;
    if (old && inputs->count == 1 && !options->inputs.count && is_report(inputs->items[0]))
        code = compare_files(options, old, inputs->items[0]);
    else
        code = measure_and_report(options, inputs, old);
    json_decref(old);
    return code;
}

int main(int argc, char **argv) {
    bench_options options;
    lp_cli_operands inputs;

    lp_start_standard_files();
    lp_start();
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("lightpose-bench %s\n", lightpose_version());
        return LP_CLI_OK;
    }
    int code = bench_options_read(&options, argc, argv, &inputs);
    if (code == LP_CLI_GO)
        code = run_bench(&options, &inputs, argv);
    lp_cli_operands_free(&inputs);
    lp_cli_operands_free(&options.inputs);
    return code;
}
