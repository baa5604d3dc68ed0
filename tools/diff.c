/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose diff`: compares two result files. */

#include "cli.h"
#include "diff/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/left.h"
#include "run/provenance.h"

enum { SAME = 0, DIFFERENT = 1, TROUBLE = 2 }; /* as diff(1) */

typedef struct diff_options {
    float tolerance;
    int list, each, quiet;
} diff_options;

static const lp_cli_option own[] = {
    {"tolerance", 't', "PX", "treat keypoints this close as equal (0: compare the numbers as written)",
     LP_CLI_AT(NUMBER, diff_options, tolerance), .min = 0, .max = 1e6},
    {"list", 'l', "N", "list the first N frames that differ, and how", LP_CLI_AT(INT, diff_options, list), .min = 0,
     .max = 1e9},
    {"each", 'e', NULL, "also print one line per keypoint", LP_CLI_AT(FLAG, diff_options, each)},
    {"quiet", 'q', NULL, "print nothing; only set the exit status", LP_CLI_AT(FLAG, diff_options, quiet)},
    {0}};

static const lp_cli_command command = {
    "diff", "A B",
    "Compares two result files: JSON Lines, COCO results, a DGS wrapper, a folder of OpenPose\n"
    "files or one of them, in any combination, gzipped or not. Frames are paired by name or number,\n"
    "people by the similarity of their keypoints. Keypoints are compared where both formats have them.\n"
    "Exit status: 0 equal, 1 different, 2 failure.",
    "    lightpose diff before.jsonl after.jsonl              is every number equal?\n"
    "    lightpose diff -t 0.5 --list 10 f32.jsonl int8.jsonl tolerate half a pixel; list ten frames\n"
    "    lightpose diff -t 0.01 results.coco.json openpose/   across formats that round differently\n"};

static void print_tally(const char *what, const lp_diff_tally *tally) {
    printf("%-10s %zu in both, %zu only in A, %zu only in B\n", what, tally->both, tally->only_a, tally->only_b);
}

static void print_worst(const lp_diff_worst *worst) {
    if (!worst->frame)
        return;
    printf(" (");
    if (worst->frame->name)
        printf("%s", worst->frame->name);
    else
        printf("frame %lld", (long long)worst->frame->number);
    printf(", person %zu, %s)", worst->person, lightpose_keypoint_get_name(worst->keypoint));
}

static void print_distances(const float *values, size_t count) {
    printf("median %.4g px, p95 %.4g, max %.4g", lp_diff_percentile(values, count, 0.5),
           lp_diff_percentile(values, count, 0.95), lp_diff_percentile(values, count, 1));
}

static int ascending(const void *x, const void *y) {
    const float a = *(const float *)x, b = *(const float *)y;
    return (a > b) - (a < b);
}

/* All keypoints' distances in one ascending list; NULL without memory. */
static float *gather(const lp_diff_report *report, size_t total) {
    float *const all = malloc((total + 1) * sizeof *all);
    size_t count = 0;
    for (int k = 0; all && k < LIGHTPOSE_KEYPOINTS; k++) {
        if (report->keypoints[k].both > 0)
            memcpy(all + count, report->distances[k], report->keypoints[k].both * sizeof *all);
        count += report->keypoints[k].both;
    }
    if (all && total > 0)
        qsort(all, total, sizeof *all, ascending);
    return all;
}

static int print_report(const lp_diff_report *report, const diff_options *options) {
    lp_diff_tally points = {0};

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        points.both += report->keypoints[k].both;
        points.only_a += report->keypoints[k].only_a;
        points.only_b += report->keypoints[k].only_b;
    }
    float *const all = gather(report, points.both);
    if (!all)
        return 0;
    print_tally("frames", &report->frames);
    if (report->states > 0)
        printf("%-10s %zu frames are decoded in only one file\n", "", report->states);
    print_tally("people", &report->people);
    print_tally("keypoints", &points);
    if (points.both > 0) {
        printf("%-10s ", "distance");
        print_distances(all, points.both);
        print_worst(&report->distance);
        printf("; %zu above %g\n", report->beyond, (double)options->tolerance);
    }
    if (report->score.frame) {
        printf("%-10s max %.4g apart", "score", report->score.value);
        print_worst(&report->score);
        printf("\n");
    }
    if (report->id_changes_a + report->id_changes_b > 0)
        printf("%-10s %zu changes in A, %zu in B\n", "ids", report->id_changes_a, report->id_changes_b);
    for (int k = 0; options->each && k < LIGHTPOSE_KEYPOINTS; k++) {
        if (!(report->compared >> k & 1))
            continue;
        print_tally(lightpose_keypoint_get_name(k), &report->keypoints[k]);
        printf("%-10s ", "");
        print_distances(report->distances[k], report->keypoints[k].both);
        printf("\n");
    }
    free(all);
    return 1;
}

static void note_set(void *opaque, const char *about) {
    lp_provenance_get_set(about, opaque);
}

/* The instruction set that results were made with, from the run's side file or, for a folder, the side files in it; ""
 * if there are none. */
static void find_set(const char *path, char set[128]) {
    char *name = NULL;
    lp_meta meta = {0};
    *set = 0;
    if (asprintf(&name, "%s.meta", path) < 0)
        return;
    if (lp_meta_read(&meta, name))
        note_set(set, meta.about);
    else
        lp_left_survey(path, note_set, set);
    lp_meta_free(&meta);
    free(name);
}

static void warn_of_sets(const char *a, const char *b) {
    char sets[2][128];
    find_set(a, sets[0]);
    find_set(b, sets[1]);
    if (*sets[0] && *sets[1] && strcmp(sets[0], sets[1]))
        lp_cli_error(
            "warning: %s was made with the instruction set %s, and %s with %s: last digits may differ for that "
            "reason alone",
            a, sets[0], b, sets[1]);
}

static int compare(const diff_options *options, const lp_diff_results *a, const lp_diff_results *b,
                   lightpose_error *error) {
    const lp_diff_options how = {
        .tolerance = (double)options->tolerance, .list = options->quiet ? 0 : options->list, .to = stdout};
    lp_diff_report report;
    int code = TROUBLE;

    if (lp_diff_compare(&report, a, b, &how, error) == LIGHTPOSE_OK) {
        code = lp_diff_differs(&report) ? DIFFERENT : SAME;
        if (!options->quiet && !print_report(&report, options)) {
            error->status = LIGHTPOSE_ERROR_MEMORY;
            snprintf(error->text, sizeof error->text, "no memory for the report");
            code = TROUBLE;
        }
    }
    lp_diff_report_free(&report);
    return code;
}

int cmd_diff(int argc, char **argv) {
    diff_options options = {0};
    const lp_cli_group groups[] = {{"Options", own, &options}, {0}};
    lp_cli_operands files;
    int code = lp_cli_parse(&command, groups, argc, argv, &files);

    if (code != LP_CLI_GO)
        return code;
    if (files.count != 2) {
        code = lp_cli_usage(command.name, "give two files to compare; %d %s given", files.count,
                            files.count == 1 ? "is" : "are");
        lp_cli_operands_free(&files);
        return code;
    }
    lightpose_error error = {0};
    lp_diff_results a = {0}, b = {0};
    code = TROUBLE;
    if (lp_diff_read(&a, files.items[0], &error) == LIGHTPOSE_OK &&
        lp_diff_read(&b, files.items[1], &error) == LIGHTPOSE_OK)
        code = compare(&options, &a, &b, &error);
    if (error.status == LIGHTPOSE_OK && !options.quiet)
        warn_of_sets(files.items[0], files.items[1]);
    if (error.status != LIGHTPOSE_OK)
        lp_cli_error("%s", error.text);
    lp_diff_free(&a);
    lp_diff_free(&b);
    lp_cli_operands_free(&files);
    if (fflush(stdout) != 0 || ferror(stdout))
        code = TROUBLE;
    return code;
}
