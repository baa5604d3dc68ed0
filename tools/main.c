/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The `lightpose` command: picks the subcommand. */

#include "cli.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/log.h>

#include "start.h"

static const struct {
    const char *name, *about;
    int (*run)(int argc, char **argv);
    int has_network;
} commands[] = {
    {"run", "people in pictures, videos and cameras", cmd_run, 1},
    {"eval", "accuracy on labelled images, by COCO's rules", cmd_eval, 1},
    {"diff", "what two result files disagree on", cmd_diff, 0},
    {"quantize", "weights for int8, with ranges measured on pictures", cmd_quantize, 1},
    {"info", "version, weights, CPU, threads", cmd_info, 1},
    {NULL, NULL, NULL, 0},
};

static void help(FILE *to) {
    fputs("Usage: lightpose COMMAND [options] ...\n\n"
          "Finds the people in pictures and videos, and the 18 keypoints of each.\n\nCommands:\n",
          to);
    for (size_t i = 0; commands[i].name; i++)
        fprintf(to, "  %-12s%s\n", commands[i].name, commands[i].about);
    fputs("\n`lightpose COMMAND --help` tells the options of a command, with examples.\n"
          "`lightpose --version` prints the version.\n"
          "Exit status: 0 done, 1 some of it failed, 2 wrong command line.\n",
          to);
}

int main(int argc, char **argv) {
    av_log_set_level(AV_LOG_QUIET); /* what goes wrong is said by us, with the file's name */
    if (argc < 2) {
        help(stderr);
        return LP_CLI_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        help(stdout);
        return LP_CLI_OK;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("lightpose %s\n", lightpose_version());
        return LP_CLI_OK;
    }
    if (!strcmp(argv[1], "--list-options")) {
        for (size_t i = 0; commands[i].name; i++)
            puts(commands[i].name);
        return LP_CLI_OK;
    }
    for (size_t i = 0; commands[i].name; i++)
        if (!strcmp(argv[1], commands[i].name)) {
            if (commands[i].has_network)
                lp_start();
            argv[1] = argv[0];
            return commands[i].run(argc - 1, argv + 1);
        }
    lp_cli_error("unknown command \"%s\"", argv[1]);
    fputs("Try `lightpose --help`.\n", stderr);
    return LP_CLI_USAGE;
}
