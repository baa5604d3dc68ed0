/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which run made a result: version, weights, precision, instruction set, options. For the side files of results, and
 * for whether results of two runs fit together. */

#ifndef LP_TOOLS_RUN_PROVENANCE_H
#define LP_TOOLS_RUN_PROVENANCE_H

#include <lightpose/lightpose.h>

struct json_t;

typedef struct lp_provenance {
    char *about;         /* members of a JSON object, as lp_output_options wants them */
    struct json_t *root; /* the same, as an object */
    char mixed[128];     /* another instruction set that results of this run's outputs were made with; "" for none */
} lp_provenance;

/* What the network runs in with these settings here: "auto" comes to one of the others. Errors:
 * lightpose_context_create's. */
LIGHTPOSE_NODISCARD lightpose_status lp_provenance_find_precision(lightpose_model *model,
                                                                  const lightpose_settings *settings, const char **name,
                                                                  lightpose_error *error);

/* `options` is an object of options and their values, which is taken over. `weights` as given on the command line, NULL
 * for the default. Errors: FILE, MEMORY, and lightpose_context_create's. */
LIGHTPOSE_NODISCARD lightpose_status lp_provenance_make(lp_provenance *provenance, lightpose_model *model,
                                                        const char *weights, const lightpose_settings *settings,
                                                        struct json_t *options, lightpose_error *error);
void lp_provenance_free(lp_provenance *provenance);

/* Whether results of the run that `about`, an object, tells and of this one do not fit together; then `text` says what
 * differs. A different instruction set alone is noted in `mixed`: last digits may differ. `provenance` is an
 * lp_provenance: for lp_targets_look. */
int lp_provenance_differs(void *provenance, const char *about, char text[256]);

/* The instruction set of the run that `about`, an object, tells; "" where it does not. */
void lp_provenance_get_set(const char *about, char text[128]);

/* Notes the instruction set alone. */
void lp_provenance_see(void *provenance, const char *about);

#endif
