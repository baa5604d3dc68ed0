/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The options of `run` that determine the result of a single frame: network, decoder, and how the picture is read. A
 * corpus stores them as text. Options that depend on other frames or choose among people (--track, --max-people,
 * --follow) are not among them; `export` has those that can be applied to stored frames. */

#ifndef LP_TOOLS_CORPUS_SETTINGS_H
#define LP_TOOLS_CORPUS_SETTINGS_H

#include "run/options.h"

typedef struct lp_corpus_settings {
    lp_run_options run;
    lp_cli_option network[32], input[8]; /* each ended by an empty option */
    lp_cli_group groups[3];              /* for lp_cli_parse; the last is empty */
    char **words;                        /* the strings that `run` points into */
} lp_corpus_settings;

/* Sets the defaults. The structure must not be moved afterwards. */
void lp_corpus_settings_init(lp_corpus_settings *settings);
void lp_corpus_settings_free(lp_corpus_settings *settings);

/* All values, as on a command line: "--height 256 --precision int8 ...". Freed with free(); NULL if out of memory. */
char *lp_corpus_settings_text(const lp_corpus_settings *settings);

/* Reads such a text. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_settings_read(lp_corpus_settings *settings, const char *text,
                                                             lightpose_error *error);

/* Whether a value differs; `text` then names one: "--height is 256 there and 368 here". */
int lp_corpus_settings_differ(const lp_corpus_settings *theirs, const lp_corpus_settings *ours, char text[256]);

/* Fills engine options for `sources`: throughput on all threads, want_geometry, all people kept. */
int lp_corpus_settings_engine(const char *command, const lp_corpus_settings *settings, const lp_sources *sources,
                              lp_engine_options *engine);

#endif
