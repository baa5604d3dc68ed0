/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What `status --json` prints, and its page shows. */

#ifndef LP_TOOLS_CORPUS_CENSUS_JSON_H
#define LP_TOOLS_CORPUS_CENSUS_JSON_H

#include <jansson.h>

#include "corpus/census.h"

/* The census, the history of what was stored, and under "rows" at most `limit` (0: all) of the ranges that `filter`
 * takes; NULL: no rows. *object is the caller's, for json_decref. Bytes of a name that are no UTF-8 become U+FFFD.
 * Errors: FILE, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_census_json(lp_corpus *corpus, const lp_census *census,
                                                    const lp_queue_filter *filter, int64_t limit, json_t **object,
                                                    lightpose_error *error);

#endif
