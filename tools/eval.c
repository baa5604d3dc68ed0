/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose eval`: how accurate, by COCO's rules. */

#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "eval/json_file.h"
#include "eval/report.h"

typedef struct eval_options {
    lp_cli_model model;
    const char *labels, *results, *against, *json;
    int details, draws;
    int64_t seed;
    float min_ap;
} eval_options;

static const lp_cli_option own_options[] = {
    {"gt", 'g', "FILE", "the labels: COCO's person_keypoints JSON", LP_CLI_AT(TEXT, eval_options, labels)},
    {"results", 'r', "FILE", "evaluate these detections, a COCO results file", LP_CLI_AT(TEXT, eval_options, results)},
    {"against", 0, "FILE", "compare with these detections, on the same images", LP_CLI_AT(TEXT, eval_options, against)},
    {"details", 'd', NULL, "also by keypoint, by size of the person and by people in the image",
     LP_CLI_AT(FLAG, eval_options, details)},
    {"json", 0, "FILE", "all figures as JSON (-: standard output, in the place of the text)",
     LP_CLI_AT(TEXT, eval_options, json)},
    {"min-ap", 0, "X", "exit with status 1 where AP, to four digits, is below X",
     LP_CLI_AT(NUMBER, eval_options, min_ap), .max = 1},
    {"draws", 0, "N", "bootstrap samples of a comparison (2000)", LP_CLI_AT(INT, eval_options, draws), .min = 1,
     .max = 1000000},
    {"seed", 0, "N", "of their random numbers (1)", LP_CLI_AT(INT64, eval_options, seed), .min = 0, .max = 9e15},
    {0}};

static const lp_cli_command command = {
    "eval", NULL,
    "Tells how accurate detections are: average precision and recall by the rules of COCO's keypoint task.",
    "    lightpose eval --gt person_keypoints.json --results detections.json\n"
    "        COCO's ten figures of a results file.\n"
    "    lightpose eval --gt person_keypoints.json --results a.json --against b.json --details\n"
    "        Is b better than a? With 95 % intervals over the choice of the images.\n"
    "    lightpose eval --gt person_keypoints.json --results a.json --min-ap 0.42\n"
    "        For scripts: exit status 1 where AP is below 0.42.\n"};

/* Everything that one call works on; the outcomes' names and the comparisons' places follow `count`. */
typedef struct eval_job {
    const eval_options *options;
    lp_labels labels;
    lp_outcome outcomes[2];
    lp_comparison comparison;
    size_t count;
} eval_job;

static lightpose_status evaluate_file(eval_job *job, const char *path, lightpose_error *error) {
    lp_outcome *const outcome = &job->outcomes[job->count];
    outcome->name = path;
    LP_EVAL_TRY(lp_detections_load(&outcome->detections, &job->labels, path, error));
    job->count++;
    return lp_outcome_evaluate(outcome, &job->labels, error);
}

static lightpose_status work(eval_job *job, lightpose_error *error) {
    const eval_options *const options = job->options;
    LP_EVAL_TRY(lp_labels_load(&job->labels, options->labels, error));
    LP_EVAL_TRY(evaluate_file(job, options->results, error));
    if (options->against) {
        LP_EVAL_TRY(evaluate_file(job, options->against, error));
        LP_EVAL_TRY(lp_compare(&job->comparison, &job->labels, &job->outcomes[0].evaluation,
                               &job->outcomes[1].evaluation, options->draws, (uint64_t)options->seed, error));
    }
    return LIGHTPOSE_OK;
}

static lightpose_status report(const eval_job *job, lightpose_error *error) {
    const eval_options *const options = job->options;
    if (!options->json || strcmp(options->json, "-") != 0) {
        for (size_t i = 0; i < job->count; i++) {
            fputs(i ? "\n" : "", stdout);
            lp_report_outcome(stdout, &job->outcomes[i], &job->labels, options->details);
        }
        if (job->count > 1) {
            fputc('\n', stdout);
            lp_report_comparison(stdout, &job->comparison);
        }
    }
    return options->json ? lp_report_json(options->json, options->labels, &job->labels, job->outcomes, job->count,
                                          job->count > 1 ? &job->comparison : NULL, error)
                         : LIGHTPOSE_OK;
}

/* 1 where the first outcome is as accurate as asked for, at the digits that are printed. */
static int accurate_enough(const eval_job *job) {
    const double ap = job->outcomes[0].figures[LP_AP], least = (double)job->options->min_ap;
    if (ap + 0.00005 >= least)
        return 1;
    lp_cli_error("%s: AP %.4f is below %.4f (--min-ap)", job->outcomes[0].name, ap, least);
    return 0;
}

static int check(const eval_options *options) {
    if (!options->labels)
        return lp_cli_usage("eval", "--gt FILE is missing: the labels to compare with");
    if (!options->results)
        return lp_cli_usage("eval", "--results FILE is missing: the detections to evaluate");
    return LP_CLI_GO;
}

int cmd_eval(int argc, char **argv) {
    eval_options options = {.draws = LP_COMPARE_SAMPLES, .seed = 1};
    lightpose_settings_default(&options.model.settings);
    const lp_cli_group groups[] = {{"Options", own_options, &options}, LP_CLI_MODEL_GROUP(&options.model), {0}};
    lp_cli_operands none;
    int code = lp_cli_parse(&command, groups, argc, argv, &none);
    if (code == LP_CLI_GO)
        code = check(&options);
    if (code != LP_CLI_GO)
        return code;

    lightpose_error error = {0};
    eval_job job = {.options = &options};
    lightpose_status status = work(&job, &error);
    if (status == LIGHTPOSE_OK)
        status = report(&job, &error);
    if (status != LIGHTPOSE_OK)
        lp_cli_error("%s", error.text);
    code = status == LIGHTPOSE_OK && accurate_enough(&job) ? LP_CLI_OK : LP_CLI_FAILED;
    for (size_t i = 0; i < 2; i++)
        lp_outcome_free(&job.outcomes[i]);
    lp_labels_free(&job.labels);
    return code;
}
