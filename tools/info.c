/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose info`: what to include in a report of a problem or of a benchmark. */

#include "cli.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "start.h"
#include "which_weights.h"

static const lp_cli_command command = {
    "info", NULL,
    "Prints version, weights, CPU, engine and threads. Without weights it prints the rest and exits with status 1.",
    "    lightpose info                        the installed weights\n"
    "    lightpose info --weights my.safetensors\n"};

static void print_threads(const lightpose_system *system) {
    printf("threads      %d: ", system->threads);
    if (system->quota && system->quota < system->cpus)
        printf("the cgroup's quota of %d, of %d CPUs that this process may use\n", system->quota, system->cpus);
    else if (system->quota)
        printf("the CPUs that this process may use; the cgroup's quota is %d\n", system->quota);
    else
        printf("the CPUs that this process may use; no cgroup quota\n");
}

/* The precision that `auto` selects on this machine with these weights. */
static void print_precision(lightpose_model *model) {
    lightpose_context *context = NULL;
    lightpose_stats stats;
    lightpose_error error = {0};
    if (lightpose_context_create(&context, model, NULL, &error) == LIGHTPOSE_OK) {
        lightpose_context_get_stats(context, &stats);
        printf("precision    %s\n", lightpose_precision_get_name(stats.precision));
    } else {
        printf("precision    none: %s\n", error.text);
    }
    lightpose_context_destroy(&context);
}

/* Prints the other of the two weight files that are found by default. */
static void print_other_weights(const char *path) {
    const char *const slash = strrchr(path, '/'), *const file = slash ? slash + 1 : path;
    const int ours = strcmp(file, LP_DEFAULT_WEIGHTS) == 0;
    char other[PATH_MAX];

    if (!ours && strcmp(file, LP_PUBLISHED_WEIGHTS) != 0)
        return;
    snprintf(other, sizeof other, "%.*s%s", (int)(file - path), path, ours ? LP_PUBLISHED_WEIGHTS : LP_DEFAULT_WEIGHTS);
    const int there = access(other, R_OK) == 0;
    if (ours)
        printf("published    %s\n", there ? other : "missing; " LP_GET_WEIGHTS " fetches these more accurate weights");
    else
        printf("default      %s%s\n", other, there ? "" : ": missing");
}

static int print_weights(const char *named) {
    lightpose_model *model = NULL;
    lightpose_model_info about;
    lightpose_error error = {0};
    const char *const path = lp_which_weights(named), *const variable = getenv("LIGHTPOSE_WEIGHTS");
    printf("weights      %s%s\n", path,
           named                              ? ""
           : lp_start_weights_are_of_source() ? " (source folder)"
           : variable && *variable            ? " ($LIGHTPOSE_WEIGHTS)"
                                              : " (installed)");
    if (!named)
        print_other_weights(path);
    if (lightpose_model_create(&model, path, &error) != LIGHTPOSE_OK) {
        fflush(stdout);
        lp_cli_error("%s", error.text);
        return LP_CLI_FAILED;
    }
    lightpose_model_get_info(model, &about);
    printf("variant      %s\n", about.variant);
    printf("stored as    %s, %" PRId64 " numbers%s\n", about.dtype, about.parameters,
           about.has_int8_ranges ? ", with the ranges for int8" : ", no ranges for int8");
    printf("source       %s\n", *about.source ? about.source : "not stated in the file");
    printf("licence      %s\n", *about.licence ? about.licence : "not stated in the file");
    printf("checksum     %s\n",
           *about.checksum ? about.checksum : "none in the file: damage to its numbers would go unnoticed");
    if (*about.accuracy)
        printf("accuracy     %s\n", about.accuracy);
    print_precision(model);
    lightpose_model_destroy(&model);
    return LP_CLI_OK;
}

int cmd_info(int argc, char **argv) {
    static const lp_cli_option options[] = {{"weights", 'w', "FILE",
                                             "weights file (default: $LIGHTPOSE_WEIGHTS, else the installed one)",
                                             LP_CLI_AT(TEXT, lp_cli_model, weights)},
                                            {0}};
    lp_cli_model model = {0};
    lightpose_system system;
    const lp_cli_group groups[] = {{"Options", options, &model}, {0}};
    lp_cli_operands none;
    const int code = lp_cli_parse(&command, groups, argc, argv, &none);
    if (code != LP_CLI_GO)
        return code;
    lightpose_system_get(&system);
    printf("lightpose    %s\n", lightpose_version());
    printf("engine       %s\n", system.engine);
    printf("drawing      %s\n", system.drawing);
    printf("pictures     FFmpeg libraries: avcodec %u.%u, avformat %u.%u\n", avcodec_version() >> 16,
           avcodec_version() >> 8 & 255, avformat_version() >> 16, avformat_version() >> 8 & 255);
    printf("CPU          %s\n", system.cpu);
    print_threads(&system);
    return print_weights(model.weights);
}
