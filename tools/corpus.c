/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus COMMAND`: processes hundreds of videos with many workers on many machines. */

#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "corpus/session.h"

static const struct {
    const char *name, *about;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"init", "creates a corpus: a database with settings that never change", lp_corpus_init},
    {"add", "adds videos, counts their frames and queues them", lp_corpus_add_videos},
    {"work", "processes queued ranges of frames until all are done", lp_corpus_work},
    {"submit", "keeps a Slurm cluster busy", lp_corpus_submit},
    {"stage", "copies the next videos into a work space", lp_corpus_stage},
    {"purge", "removes the copies of complete videos", lp_corpus_purge},
    {"status", "shows what is queued, running, done and failed", lp_corpus_status},
    {"export", "writes the results of complete videos in any format of run", lp_corpus_export},
    {"verify", "recomputes random stored frames and compares them", lp_corpus_verify},
    {"retry", "queues failed ranges again", lp_corpus_retry},
    {"cancel", "removes ranges from the queue", lp_corpus_cancel},
    {NULL, NULL, NULL},
};

static void help(FILE *to) {
    fputs(
        "Usage: lightpose corpus COMMAND [options] ...\n\n"
        "Finds the people in every frame of many videos, with as many workers as you start, on one machine or many.\n"
        "Results are kept in a database, each frame exactly once: SQLite, a file, or PostgreSQL for many machines.\n\n"
        "Commands:\n",
        to);
    for (size_t i = 0; commands[i].name; i++)
        fprintf(to, "  %-12s%s\n", commands[i].name, commands[i].about);
    fputs("\n`lightpose corpus COMMAND --help` lists the options of a command, with examples.\n\n"
          "Examples:\n"
          "    lightpose corpus init                      corpus.db in this folder\n"
          "    lightpose corpus add films\n"
          "    lightpose corpus work\n"
          "    lightpose corpus status\n",
          to);
}

int cmd_corpus(int argc, char **argv) {
    const char *const word = argc > 1 ? argv[1] : "";
    if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
        help(stdout);
        return LP_CLI_OK;
    }
    if (!strcmp(word, "--list-options")) {
        for (size_t i = 0; commands[i].name; i++)
            puts(commands[i].name);
        return LP_CLI_OK;
    }
    for (size_t i = 0; commands[i].name; i++)
        if (!strcmp(word, commands[i].name)) {
            argv[1] = argv[0];
            return commands[i].run(argc - 1, argv + 1);
        }
    if (argc < 2) {
        help(stderr);
        return LP_CLI_USAGE;
    }
    lp_cli_error("corpus: unknown command \"%s\"", word);
    fputs("Try `lightpose corpus --help`.\n", stderr);
    return LP_CLI_USAGE;
}
