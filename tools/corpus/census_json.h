/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The JSON that `status --json` prints and its page shows. */

#ifndef LP_TOOLS_CORPUS_CENSUS_JSON_H
#define LP_TOOLS_CORPUS_CENSUS_JSON_H

#include <jansson.h>

#include "corpus/census.h"

/* The census, the history, and under "rows" at most `limit` (0: all) of the ranges that match `filter`; NULL: no rows.
 * The caller calls json_decref on *object. Bytes of names that are not UTF-8 become U+FFFD. Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_census_json(lp_corpus *corpus, const lp_census *census,
                                                    const lp_queue_filter *filter, int64_t limit, json_t **object,
                                                    lightpose_error *error);

#endif
