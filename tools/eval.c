/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose eval`: measures accuracy by COCO's rules. */

#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "eval/json_file.h"
#include "eval/plot.h"
#include "eval/report.h"
#include "eval/run.h"

typedef struct eval_options {
    lp_cli_model model;
    const char *labels, *results, *images, *negatives; /* what is evaluated */
    const char *against;                               /* what it is compared with */
    lp_cli_operands compare;
    lp_sweep values;
    int sweep;
    const char *json, *plot, *save; /* outputs */
    int details, draws, passes, form;
    int64_t seed;
    float min_ap; /* -1: not given */
} eval_options;

static const char *const forms[] = {"bgr24", "nv12", "i420", NULL};
static const lightpose_format formats[] = {LIGHTPOSE_BGR24, LIGHTPOSE_NV12, LIGHTPOSE_I420};

static const lp_cli_option input_options[] = {
    {"gt", 'g', "FILE", "the labels: COCO's person_keypoints JSON", LP_CLI_AT(TEXT, eval_options, labels)},
    {"images", 'i', "DIR", "run the network on every image that the labels list, from this folder",
     LP_CLI_AT(TEXT, eval_options, images)},
    {"results", 'r', "FILE", "evaluate these detections, a COCO results file, instead",
     LP_CLI_AT(TEXT, eval_options, results)},
    {"negatives", 0, "DIR", "with --images: also run on these pictures without people and count false positives",
     LP_CLI_AT(TEXT, eval_options, negatives)},
    {"pixels", 0, "FORMAT", "with --images: pixel format given to the library: bgr24 (default), nv12 or i420",
     LP_CLI_AT(CHOICE, eval_options, form), .choices = forms},
    {0}};

static const lp_cli_option compare_options[] = {
    {"against", 0, "FILE", "compare with these detections, a COCO results file",
     LP_CLI_AT(TEXT, eval_options, against)},
    {"compare", 0, "OPTIONS",
     "compare with a run under these options, such as \"--height 368 --decoder reference\"; may be repeated",
     LP_CLI_AT(TEXTS, eval_options, compare)},
    {"draws", 0, "N", "bootstrap samples of a comparison (2000)", LP_CLI_AT(INT, eval_options, draws), .min = 1,
     .max = 1000000},
    {"seed", 0, "N", "seed of the bootstrap (1)", LP_CLI_AT(INT64, eval_options, seed), .min = 0, .max = 9e15},
    {0}};

static const lp_cli_option sweep_options[] = {
    {"sweep", 0, NULL, "run every height with every precision and every decoder", LP_CLI_AT(FLAG, eval_options, sweep)},
    {"heights", 0, "N,N", "these heights (128,192,256,320,368,448,512)", LP_CLI_AT(TEXT, eval_options, values.heights)},
    {"precisions", 0, "NAME,NAME", "these precisions (all that this CPU and these weights have)",
     LP_CLI_AT(TEXT, eval_options, values.precisions)},
    {"decoders", 0, "NAME,NAME", "these decoders (all)", LP_CLI_AT(TEXT, eval_options, values.decoders)},
    {"second-looks", 0, "N,N", "each with these values of --second-look (0)",
     LP_CLI_AT(TEXT, eval_options, values.second_looks)},
    {"passes", 0, "N", "runs of each picture; the best time counts (1)", LP_CLI_AT(INT, eval_options, passes), .min = 1,
     .max = 1000},
    {"plot", 0, "FILE", "draw AP against time, as SVG", LP_CLI_AT(TEXT, eval_options, plot)},
    {0}};

static const lp_cli_option output_options[] = {
    {"details", 'd', NULL, "also report by keypoint, by size of the person and by number of people in the image",
     LP_CLI_AT(FLAG, eval_options, details)},
    {"json", 0, "FILE", "write all figures as JSON (-: to standard output instead of the text)",
     LP_CLI_AT(TEXT, eval_options, json)},
    {"save", 0, "FILE", "write the detections as a COCO results file, for a later --against",
     LP_CLI_AT(TEXT, eval_options, save)},
    {"min-ap", 0, "X", "exit with status 1 if AP, rounded to four digits, is below X",
     LP_CLI_AT(NUMBER, eval_options, min_ap), .max = 1},
    {0}};

static const lp_cli_command command = {
    "eval", NULL,
    "Measures the accuracy of the library on labelled images, or of given detections: average precision (AP) and\n"
    "recall (AR) by the rules of COCO's keypoint task, each from 0 to 1. A detection is correct if its similarity to "
    "a\n"
    "labelled person (OKS) exceeds a threshold; AP is the mean over the thresholds 0.50 to 0.95.\n\n"
    "The images are shared among --threads contexts with one thread each. Times are the processor time of the "
    "library's call\n"
    "divided by the number of threads, which is the time per image on an idle machine. They exclude reading and\n"
    "decoding files.\n\n"
    "Each difference is given with its 95 % interval (paired bootstrap over the images). A difference whose interval\n"
    "excludes 0 is unlikely to come from the choice of images.",
    "    lightpose eval --gt person_keypoints.json --images val2017\n"
    "        COCO's ten figures with the default settings, and the time per image.\n"
    "    lightpose eval --gt person_keypoints.json --images val2017 --height 368 --details --negatives empty\n"
    "        By keypoint, size and crowd; and false positives on pictures without people.\n"
    "    lightpose eval --gt person_keypoints.json --images val2017 --precision f32 --compare \"--precision int8\"\n"
    "        The loss of accuracy with int8, with its interval.\n"
    "    lightpose eval --gt person_keypoints.json --images val2017 --sweep --passes 3 --plot accuracy.svg\n"
    "        AP against time for all heights, precisions and decoders.\n"
    "    lightpose eval --gt person_keypoints.json --results a.json --against b.json\n"
    "        Compares two results files of any program.\n"
    "    lightpose eval --gt person_keypoints.json --images val2017 --save before.json\n"
    "    lightpose eval --gt person_keypoints.json --images val2017 --against before.json\n"
    "        Before and after a change of the library or its weights.\n"
    "    lightpose eval --gt person_keypoints.json --results a.json --min-ap 0.42\n"
    "        For scripts: exit status 1 if AP is below 0.42.\n"};

/* ---- The work ---------------------------------------------------------------------------------------------------- */

/* outcomes[0] is the reference: comparisons[i] compares outcomes[i + 1] with it. */
typedef struct eval_job {
    const eval_options *options;
    lp_labels labels;
    lp_pictures pictures;
    lp_settings_list settings;
    lp_outcome *outcomes;
    lp_comparison *comparisons;
    size_t count;
} eval_job;

static lightpose_status evaluate_file(eval_job *job, const char *path, lightpose_error *error) {
    lp_outcome *const outcome = &job->outcomes[job->count++];
    outcome->name = path;
    LP_TRY(lp_detections_load(&outcome->detections, &job->labels, path, error));
    return lp_outcome_evaluate(outcome, &job->labels, error);
}

static lightpose_status evaluate_images(eval_job *job, lightpose_error *error) {
    const eval_options *const options = job->options;
    const size_t first = job->count;
    job->pictures.format = formats[options->form];
    LP_TRY(lp_pictures_from_labels(&job->pictures, &job->labels, options->images, error));
    if (options->negatives)
        LP_TRY(lp_pictures_add_folder(&job->pictures, options->negatives, error));
    job->count += job->settings.count;
    return lp_settings_run(job->settings.list, job->settings.count, &job->pictures, &job->labels, options->passes,
                           isatty(STDERR_FILENO), job->outcomes + first, error);
}

static lightpose_status work(eval_job *job, lightpose_error *error) {
    const eval_options *const options = job->options;
    const size_t most = job->settings.count + 2;

    job->outcomes = calloc(most, sizeof *job->outcomes);
    if (!job->outcomes)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %zu settings", most);
    LP_TRY(lp_labels_load(&job->labels, options->labels, error));
    if (options->results)
        LP_TRY(evaluate_file(job, options->results, error));
    else
        LP_TRY(evaluate_images(job, error));
    if (options->against)
        LP_TRY(evaluate_file(job, options->against, error));
    if (job->count < 2 || options->sweep)
        return LIGHTPOSE_OK;

    job->comparisons = calloc(job->count, sizeof *job->comparisons);
    if (!job->comparisons)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %zu comparisons", job->count);
    for (size_t i = 1; i < job->count; i++)
        LP_TRY(lp_compare(&job->comparisons[i - 1], &job->labels, &job->outcomes[0].evaluation,
                          &job->outcomes[i].evaluation, options->draws, (uint64_t)options->seed, error));
    return LIGHTPOSE_OK;
}

/* ---- Output ------------------------------------------------------------------------------------------------------ */

static void report_text(const eval_job *job) {
    const int details = job->options->details, table = job->count > 2 || job->options->sweep;
    for (size_t i = 0; i < job->count && (details || !table); i++) {
        lp_report_outcome(stdout, &job->outcomes[i], &job->labels, details);
        fputs(i + 1 < job->count || table ? "\n" : "", stdout);
    }
    if (table)
        lp_report_table(stdout, job->outcomes, job->count, job->comparisons);
    else if (job->comparisons) {
        fputc('\n', stdout);
        lp_report_comparison(stdout, &job->comparisons[0]);
    }
}

/* The model name of the CPU, or "". */
static void cpu_name(char *name, size_t size) {
    FILE *const file = fopen("/proc/cpuinfo", "r");
    char line[256];
    name[0] = 0;
    while (file && !name[0] && fgets(line, sizeof line, file)) {
        const char *const value = strncmp(line, "model name", 10) == 0 ? strchr(line, ':') : NULL;
        if (value)
            snprintf(name, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
    }
    if (file)
        fclose(file);
}

static lightpose_status draw(const eval_job *job, lightpose_error *error) {
    char cpu[128], caption[384];
    const lp_outcome *const first = &job->outcomes[0];
    cpu_name(cpu, sizeof cpu);
    snprintf(caption, sizeof caption, "COCO keypoint AP on %zu images, %d labelled people; %d thread%s%s%s",
             job->labels.image_count, first->breakdown.persons, first->timing.workers,
             first->timing.workers == 1 ? "" : "s", cpu[0] ? " of " : "", cpu);
    return lp_plot_write(job->options->plot, job->outcomes, job->count, caption, error);
}

static lightpose_status report(const eval_job *job, lightpose_error *error) {
    const eval_options *const options = job->options;
    if (!options->json || strcmp(options->json, "-") != 0)
        report_text(job);
    if (options->plot)
        LP_TRY(draw(job, error));
    if (options->save)
        LP_TRY(lp_detections_save(&job->outcomes[0].detections, &job->labels, options->save, error));
    return options->json ? lp_report_json(options->json, options->labels, &job->labels, job->outcomes, job->count,
                                          job->comparisons, error)
                         : LIGHTPOSE_OK;
}

/* 1 if the AP of the first outcome, rounded as printed, is at least --min-ap, or if that is not given. */
static int accurate_enough(const eval_job *job) {
    const double ap = job->outcomes[0].figures[LP_AP], least = (double)job->options->min_ap;
    if (least < 0 || ap + 0.00005 >= least)
        return 1;
    if (ap < 0)
        lp_cli_error("%s: nobody is labelled, so there is no AP for --min-ap", job->outcomes[0].name);
    else
        lp_cli_error("%s: AP %.4f is below %.4f (--min-ap)", job->outcomes[0].name, ap, least);
    return 0;
}

/* ---- The command line -------------------------------------------------------------------------------------------- */

static int check(const eval_options *options) {
    const int sweeps = options->sweep;
    if (!options->labels)
        return lp_cli_usage("eval", "--gt FILE is missing: the labels to compare with");
    if (!options->results == !options->images)
        return lp_cli_usage("eval", "give either --images DIR or --results FILE: what to evaluate");
    if (options->results &&
        (options->negatives || options->form || options->compare.count || sweeps || options->plot || options->save))
        return lp_cli_usage("eval", "--%s needs --images: it runs the network",
                            options->negatives       ? "negatives"
                            : options->form          ? "pixels"
                            : options->compare.count ? "compare"
                            : sweeps                 ? "sweep"
                            : options->plot          ? "plot"
                                                     : "save");
    if (sweeps && (options->compare.count || options->against || options->save || options->min_ap >= 0))
        return lp_cli_usage("eval", "--sweep has no first setting and cannot be combined with --%s",
                            options->compare.count ? "compare"
                            : options->against     ? "against"
                            : options->save        ? "save"
                                                   : "min-ap");
    if (!sweeps && (options->values.heights || options->values.precisions || options->values.decoders ||
                    options->values.second_looks))
        return lp_cli_usage("eval", "--%s needs --sweep",
                            options->values.heights      ? "heights"
                            : options->values.precisions ? "precisions"
                            : options->values.decoders   ? "decoders"
                                                         : "second-looks");
    return LP_CLI_GO;
}

static int collect_settings(lp_settings_list *settings, const eval_options *options) {
    if (options->results)
        return LP_CLI_GO;
    if (options->sweep)
        return lp_settings_add_sweep(settings, &options->model, &options->values);
    int code = lp_settings_add(settings, &options->model, NULL);
    for (int i = 0; i < options->compare.count && code == LP_CLI_GO; i++)
        code = lp_settings_add_words(settings, &options->model, options->compare.items[i]);
    return code;
}

static int evaluate(const eval_options *options) {
    lightpose_error error = {0};
    eval_job job = {.options = options};
    int code = collect_settings(&job.settings, options);
    if (code == LP_CLI_GO) {
        lightpose_status status = work(&job, &error);
        if (status == LIGHTPOSE_OK)
            status = report(&job, &error);
        if (status != LIGHTPOSE_OK)
            lp_cli_error("%s", error.text);
        code = status == LIGHTPOSE_OK && accurate_enough(&job) ? LP_CLI_OK : LP_CLI_FAILED;
    }
    for (size_t i = 0; i < job.count; i++)
        lp_outcome_free(&job.outcomes[i]);
    free(job.outcomes);
    free(job.comparisons);
    lp_settings_free(&job.settings);
    lp_pictures_free(&job.pictures);
    lp_labels_free(&job.labels);
    return code;
}

int cmd_eval(int argc, char **argv) {
    eval_options options = {.draws = LP_COMPARE_SAMPLES, .seed = 1, .passes = 1, .min_ap = -1};
    lightpose_settings_init(&options.model.settings);
    const lp_cli_group groups[] = {{"Input", input_options, &options},
                                   {"Comparison", compare_options, &options},
                                   {"Accuracy against time", sweep_options, &options},
                                   {"Output", output_options, &options},
                                   LP_CLI_MODEL_GROUP(&options.model),
                                   {0}};
    lp_cli_operands none;
    int code = lp_cli_parse(&command, groups, argc, argv, &none);
    if (code == LP_CLI_GO)
        code = check(&options);
    if (code == LP_CLI_GO)
        code = evaluate(&options);
    lp_cli_operands_free(&options.compare);
    return code;
}
