/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which run made a result: version, weights, precision, instruction set, options. It is written to the side files of
 * results and decides whether results of two runs fit together. */

#ifndef LP_TOOLS_RUN_PROVENANCE_H
#define LP_TOOLS_RUN_PROVENANCE_H

#include <lightpose/lightpose.h>

struct json_t;

typedef struct lp_provenance {
    char *about;         /* members of a JSON object, as lp_output_options wants them */
    struct json_t *root; /* the same, as an object */
    char mixed[128];     /* another instruction set that made results in this run's outputs; "": none */
} lp_provenance;

/* The precision that the network runs in with these settings on this machine, with "auto" resolved. Errors: those of
 * lightpose_context_create. */
LIGHTPOSE_NODISCARD lightpose_status lp_provenance_find_precision(lightpose_model *model,
                                                                  const lightpose_settings *settings, const char **name,
                                                                  lightpose_error *error);

/* `options` is an object of options and their values; the call takes ownership of it. `weights` is the path as given on
 * the command line, or NULL for the default. Errors: FILE, MEMORY, and those of lightpose_context_create. */
LIGHTPOSE_NODISCARD lightpose_status lp_provenance_make(lp_provenance *provenance, lightpose_model *model,
                                                        const char *weights, const lightpose_settings *settings,
                                                        struct json_t *options, lightpose_error *error);
void lp_provenance_free(lp_provenance *provenance);

/* Whether results of the run that `about`, a JSON object, describes do not fit together with this run's; then `text`
 * says what differs. A different instruction set is no such difference but is noted in `mixed`: last digits may differ.
 * `provenance` is an lp_provenance, void for lp_targets_look. */
int lp_provenance_differs(void *provenance, const char *about, char text[256]);

/* The instruction set in `about`; "" if it has none. */
void lp_provenance_get_set(const char *about, char text[128]);

/* Notes only a different instruction set; for lp_targets_survey. */
void lp_provenance_see(void *provenance, const char *about);

#endif
