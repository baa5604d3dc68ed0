/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The options of `run` that decide what is found in a frame by itself: network, decoder, and how the picture is read.
 * A corpus keeps them as text. What depends on other frames or chooses among people (--track, --max-people, --follow)
 * is not among them: `export` does that with all frames of a video. */

#ifndef LP_TOOLS_CORPUS_SETTINGS_H
#define LP_TOOLS_CORPUS_SETTINGS_H

#include "run/options.h"

typedef struct lp_corpus_settings {
    lp_run_options run;
    lp_cli_option network[32], input[8]; /* ended by an empty one */
    lp_cli_group groups[3];              /* for lp_cli_parse; the last is empty */
    char **words;                        /* that `run` points into */
} lp_corpus_settings;

/* Defaults. The structure must not move afterwards. */
void lp_corpus_settings_init(lp_corpus_settings *settings);
void lp_corpus_settings_free(lp_corpus_settings *settings);

/* All values, as on a command line: "--height 256 --precision int8 ...". Freed with free(); NULL for lack of memory. */
char *lp_corpus_settings_text(const lp_corpus_settings *settings);

/* The reverse. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_settings_read(lp_corpus_settings *settings, const char *text,
                                                             lightpose_error *error);

/* Whether a value differs; then `text` says which: "--height is 256 there and 368 here". */
int lp_corpus_settings_differ(const lp_corpus_settings *theirs, const lp_corpus_settings *ours, char text[256]);

/* Engine options for `sources`: throughput on all threads, geometry told, everyone kept. */
int lp_corpus_settings_engine(const char *command, const lp_corpus_settings *settings, const lp_sources *sources,
                              lp_engine_options *engine);

#endif
