/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which versions, instruction sets and hosts made the stored frames of videos, for the side files of results.
 *
 * An account is a JSON array with an object for each distinct combination, the one with most frames first:
 * {"lightpose":"0.1.0","weights_sha256":"55aa...","precision":"int8","instruction_set":"AVX2","engine":"oneDNN 2.6.3",
 *  "host":"node7","frames":40,"ranges":[[0,20],[40,60]]}, with ranges half-open. */

#ifndef LP_TOOLS_CORPUS_ACCOUNT_H
#define LP_TOOLS_CORPUS_ACCOUNT_H

#include <jansson.h>

#include "corpus/corpus.h"

/* Makes the account of one video. The caller calls json_decref on it. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_account_take(json_t **account, lp_corpus *corpus, int64_t video,
                                                     lightpose_error *error);

/* Adds an account to that of several videos, which has no ranges. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_account_add(json_t *sum, const json_t *account, lightpose_error *error);

/* All values of a member, as "AVX2 + AVX-512"; what does not fit is left out. Returns how many there are. */
int lp_account_values(const json_t *account, const char *member, char *text, size_t size);

/* Members of a JSON object that describe the run of results, for lp_output_options: those that `run` writes, and the
 * account as "made_by". `options` is an object of options. Freed with free(); NULL if out of memory. */
char *lp_account_about(const json_t *account, const lp_corpus *corpus, const json_t *options);

#endif
