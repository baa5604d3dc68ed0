/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The settings that one call runs: those of the command line, variants of them, or a sweep. */

#ifndef LP_TOOLS_EVAL_SETTINGS_H
#define LP_TOOLS_EVAL_SETTINGS_H

#include "cli.h"

typedef struct lp_setting {
    char *name;   /* for display */
    char **words; /* the strings that `model` points into, or NULL */
    lp_cli_model model;
} lp_setting;

typedef struct lp_settings_list {
    lp_setting *list;
    size_t count, capacity;
} lp_settings_list;

/* The values of a sweep, as "128,256". The defaults, for NULL, are heights 128 to 512, every precision that this CPU
 * and these weights support, and every decoder. */
typedef struct lp_sweep {
    const char *heights, *precisions, *decoders;
    const char *second_looks; /* NULL: that of the command line */
} lp_sweep;

/* These return LP_CLI_GO, or an exit code after a message. */
int lp_settings_add(lp_settings_list *settings, const lp_cli_model *model, const char *name);
int lp_settings_add_words(lp_settings_list *settings, const lp_cli_model *base, const char *words);
int lp_settings_add_sweep(lp_settings_list *settings, const lp_cli_model *base, const lp_sweep *sweep);

void lp_settings_free(lp_settings_list *settings);

#endif
