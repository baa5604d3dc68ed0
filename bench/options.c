/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "busy.h"

/* Model options that take a list here. */
static const char *const listed[] = {"precision", "height", "threads"};

static const lp_cli_option measure_options_table[] = {
    {"input", 'i', "INPUT", "another input", LP_CLI_AT(TEXTS, bench_options, inputs)},
    {"precision", 0, "NAME,NAME", "auto, f32, bf16, int8; by default all that the CPU and the weights support",
     LP_CLI_AT(TEXT, bench_options, precisions)},
    {"height", 0, "N,N", "network input heights (256)", LP_CLI_AT(TEXT, bench_options, heights)},
    {"threads", 't', "N,N", "latency: one context with N threads; 0, the default, uses all CPUs",
     LP_CLI_AT(TEXT, bench_options, thread_counts)},
    {"contexts", 'c', "N,N",
     "throughput: N contexts with one thread each; 0, the default, is one context per CPU, 1 skips it",
     LP_CLI_AT(TEXT, bench_options, context_counts)},
    {"frames", 'n', "N", "frames to read from each input (32)", LP_CLI_AT(INT, bench_options, frames), .min = 1,
     .max = 100000},
    {"seconds", 's', "X", "duration of each measurement (2)", LP_CLI_AT(NUMBER, bench_options, seconds), .min = 0,
     .max = 3600},
    {"runs", 'r', "N", "minimum number of runs of each measurement (20)", LP_CLI_AT(INT, bench_options, runs), .min = 1,
     .max = 1000000},
    {"busy-cores", 0, "N", "measure also while other processes keep N cores busy",
     LP_CLI_AT(INT, bench_options, busy_cores), .min = 0, .max = BUSY_MOST},
    {"slow-thread", 0, "X", "measure also with one thread of the team X times slower, like an efficiency core",
     LP_CLI_AT(NUMBER, bench_options, slow_thread), .min = 1, .max = 100},
    {"decode", 'd', NULL, "time the decoder alone, against a plain dense one", LP_CLI_AT(FLAG, bench_options, decode)},
    {"startup", 0, NULL, "measure start-up time and memory (the default)", LP_CLI_AT(FLAG, bench_options, startup)},
    {"peaks", 0, NULL, "measure only what each multiply-accumulate instruction of this CPU reaches",
     LP_CLI_AT(FLAG, bench_options, peaks)},
    {0}};

static const lp_cli_option report_options_table[] = {
    {"layers", 'l', NULL, "print every layer: kernel, time, share of peak", LP_CLI_AT(FLAG, bench_options, layers)},
    {"verbose", 'v', NULL, "print start-up, every stage with its quantiles, and the network in detail",
     LP_CLI_AT(FLAG, bench_options, verbose)},
    {"json", 0, "FILE", "write the report as JSON; - writes it to standard output instead of the tables",
     LP_CLI_AT(TEXT, bench_options, json)},
    {"compare", 0, "OLD.json", "compare with an earlier report; with NEW.json as INPUT, compare those two",
     LP_CLI_AT(TEXT, bench_options, compare)},
    {"against", 0, "PROGRAM", "compare with another build of lightpose-bench; both run in turn",
     LP_CLI_AT(TEXT, bench_options, against)},
    {"threshold", 0, "PERCENT", "exit with status 3 if a figure of a comparison is slower by more than PERCENT",
     LP_CLI_AT(NUMBER, bench_options, threshold), .min = 0, .max = 100},
    {0}};

const lp_cli_command bench_command = {
    "lightpose-bench", "[INPUT...]",
    "Measures frames per second and where the time goes, on frames held in memory.\n\n"
    "INPUT is an image, a folder or a video; each is measured separately. Without INPUT, one generated image without\n"
    "people is used. Measurements run warm and in turn; the report gives medians and their spread, and says what "
    "slowed\n"
    "the runs down: other programs, a quota, a limited instruction set.\n\n"
    "Exit status: 0 success, 1 failure, 2 wrong usage, 3 slower than --threshold allows.",
    "    lightpose-bench clip.mp4\n"
    "        All precisions at height 256: one context with all threads, and one context per CPU.\n"
    "    lightpose-bench --precision int8 --height 256,368 --layers clip.mp4\n"
    "        int8 at two heights, layer by layer.\n"
    "    lightpose-bench --precision int8 --busy-cores 1 clip.mp4\n"
    "        The speed that is left while another program uses one core.\n"
    "    lightpose-bench --against ../old/build/bench/lightpose-bench --threshold 3 clip.mp4\n"
    "        This build against another one; status 3 if it is more than 3 % slower.\n"
    "    lightpose-bench --json new.json --compare old.json clip.mp4\n"
    "        Measures now, and compares with a stored report.\n"
    "    lightpose-bench --compare old.json new.json\n"
    "        Compares two stored reports.\n"};

/* ---- Lists: "a,b" ------------------------------------------------------------------------------------------------ */

/* An integer or, if `names`, the precision of that name; -1 for anything else. */
static int value_of(const char *word, int names) {
    char *end;

    for (int p = LIGHTPOSE_PRECISION_AUTO; names && p <= LIGHTPOSE_PRECISION_INT8; p++)
        if (strcmp(lightpose_precision_get_name((lightpose_precision)p), word) == 0)
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
            return names ? lp_cli_usage(bench_command.name, "option --%s: \"%.*s\" is not auto, f32, bf16 or int8",
                                        option, (int)length, at)
                         : lp_cli_usage(bench_command.name, "option --%s: \"%.*s\" is not a whole number from %d to %d",
                                        option, (int)length, at, least, most);
        if (list->count == MEASURE_LIST)
            return lp_cli_usage(bench_command.name, "option --%s: more than %d values", option, MEASURE_LIST);
        list->items[list->count++] = value;
        if (!at[length])
            return LP_CLI_GO;
        at += length + 1;
    }
}

static int read_lists(bench_options *options) {
    const int usable = lp_threads_available(), most = LP_MAX_THREADS;
    measure_list *const threads = &options->threads, *const contexts = &options->contexts;
    int code =
        read_list("precision", options->precisions ? options->precisions : "f32,bf16,int8", 0, 0, &options->precision);

    if (code == LP_CLI_GO)
        code = read_list("height", options->heights ? options->heights : "256", 1, 2048, &options->height);
    if (code == LP_CLI_GO)
        code = read_list("threads", options->thread_counts ? options->thread_counts : "0", 0, most, threads);
    if (code == LP_CLI_GO)
        code = read_list("contexts", options->context_counts ? options->context_counts : "0", 0, most, contexts);
    for (int i = 0; i < threads->count; i++)
        if (threads->items[i] == 0)
            threads->items[i] = usable;
    int kept = 0;
    for (int i = 0; i < contexts->count; i++) {
        const int count = contexts->items[i] ? contexts->items[i] : usable;
        if (count > 1)
            contexts->items[kept++] = count;
    }
    contexts->count = kept;
    return code;
}

/* ---- The command line -------------------------------------------------------------------------------------------- */

static int check(const bench_options *options) {
    if (options->compare && options->against)
        return lp_cli_usage(bench_command.name, "options --compare and --against exclude each other");
    if (options->threshold >= 0 && !options->compare && !options->against)
        return lp_cli_usage(bench_command.name, "option --threshold needs --compare or --against");
    return LP_CLI_GO;
}

/* The options of every command with a model, except those that take a list here. */
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

int bench_options_read(bench_options *options, int argc, char **argv, lp_cli_operands *operands) {
    lp_cli_option model_options[64];

    *options = (bench_options){.frames = 32, .seconds = 2, .runs = 20, .startup = 1, .threshold = -1};
    take_model_options(model_options, sizeof model_options / sizeof *model_options);
    lightpose_settings_init(&options->model.settings);
    const lp_cli_group groups[] = {{"Measurement", measure_options_table, options},
                                   {"Report", report_options_table, options},
                                   {"Network and decoder", model_options, &options->model},
                                   {NULL, NULL, NULL}};
    int code = lp_cli_parse(&bench_command, groups, argc, argv, operands);
    if (code == LP_CLI_GO)
        code = check(options);
    return code == LP_CLI_GO ? read_lists(options) : code;
}
