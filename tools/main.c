/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The `lightpose` command: picks the subcommand. */

#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/log.h>

#include "start.h"

static const struct {
    const char *name, *about;
    int (*run)(int argc, char **argv);
    int has_network;
} commands[] = {
    {"run", "finds people in pictures, videos and cameras", cmd_run, 1},
    {"serve", "shows over HTTP what it finds in cameras and streams", cmd_serve, 1},
    {"convert", "writes stored results in other formats", cmd_convert, 0},
    {"corpus", "finds people in many videos, on many machines", cmd_corpus, 1},
    {"eval", "measures accuracy on labelled images by COCO's rules", cmd_eval, 1},
    {"diff", "compares two result files", cmd_diff, 0},
    {"quantize", "measures ranges on pictures and writes weights for int8", cmd_quantize, 1},
    {"info", "shows version, weights, CPU and threads", cmd_info, 1},
    {NULL, NULL, NULL, 0},
};

static void help(FILE *to) {
    fputs("Usage: lightpose COMMAND [options] ...\n\n"
          "Finds the people in pictures and videos, and the 18 keypoints of each.\n\nCommands:\n",
          to);
    for (size_t i = 0; commands[i].name; i++)
        fprintf(to, "  %-12s%s\n", commands[i].name, commands[i].about);
    fputs("\n`lightpose COMMAND --help` lists the options of a command, with examples.\n"
          "`lightpose INPUT...` is `lightpose run INPUT...`. `lightpose --version` prints the version.\n"
          "Exit status: 0 success, 1 some of the work failed, 2 wrong command line.\n",
          to);
}

static int find(const char *name) {
    for (int i = 0; commands[i].name; i++)
        if (!strcmp(name, commands[i].name))
            return i;
    return -1;
}

/* `lightpose help COMMAND` is `lightpose COMMAND --help`. */
static int help_about(int argc, char **argv) {
    static char option[] = "--help";
    char *words[] = {argv[0], option, NULL};
    const int command = argc > 2 ? find(argv[2]) : -1;

    if (argc <= 2) {
        help(stdout);
        return LP_CLI_OK;
    }
    if (command < 0) {
        lp_cli_error("unknown command \"%s\"", argv[2]);
        fputs("Try `lightpose --help`.\n", stderr);
        return LP_CLI_USAGE;
    }
    return commands[command].run(2, words);
}

/* An existing file, or a word that can only be an input: `lightpose photo.jpg` is `lightpose run photo.jpg`. */
static int is_input(const char *word) {
    return access(word, F_OK) == 0 || strpbrk(word, "./:*?") != NULL || !strcmp(word, "camera") || !strcmp(word, "-");
}

static int dispatch(int argc, char **argv) {
    av_log_set_level(AV_LOG_QUIET); /* the command reports errors itself, with the file's name */
    if (argc < 2) {
        help(stderr);
        return LP_CLI_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        help(stdout);
        return LP_CLI_OK;
    }
    if (!strcmp(argv[1], "help"))
        return help_about(argc, argv);
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        printf("lightpose %s\n", lightpose_version());
        return LP_CLI_OK;
    }
    if (!strcmp(argv[1], "--list-options")) {
        for (size_t i = 0; commands[i].name; i++)
            puts(commands[i].name);
        return LP_CLI_OK;
    }
    const int command = find(argv[1]);
    if (command >= 0) {
        if (commands[command].has_network)
            lp_start();
        argv[1] = argv[0];
        return commands[command].run(argc - 1, argv + 1);
    }
    if (is_input(argv[1])) {
        lp_start();
        return commands[find("run")].run(argc, argv);
    }
    lp_cli_error("unknown command \"%s\"", argv[1]);
    fputs("Try `lightpose --help`.\n", stderr);
    return LP_CLI_USAGE;
}

int main(int argc, char **argv) {
    lp_start_standard_files();
    const int code = dispatch(argc, argv);
    return code != LP_CLI_OK || lp_start_output_is_whole() ? code : LP_CLI_FAILED;
}
