/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What `work` and `verify` need to process frames of a corpus: its weights, and a video opened at a frame. */

#ifndef LP_TOOLS_CORPUS_SOURCE_H
#define LP_TOOLS_CORPUS_SOURCE_H

#include "corpus/settings.h"
#include "corpus/corpus.h"
#include "hash.h"

/* Loads `weights` (NULL: the default file), which must be the corpus's, and warns if the corpus was made with another
 * version. *precision is that of the network here. Errors: FILE, MEMORY, WEIGHTS (other weights), UNSUPPORTED (a
 * precision that this CPU lacks). */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_load_model(const lp_corpus *corpus, const lp_corpus_settings *settings,
                                                          const char *weights, lightpose_model **model,
                                                          char sha256[LP_HASH_TEXT], const char **precision,
                                                          lightpose_error *error);

/* A part of a video. Zero it before the first use. */
typedef struct lp_corpus_source {
    lp_sources sources;
    lp_source_start start;
    lp_engine_options options; /* for lp_engine_start; points into this structure */
} lp_corpus_source;

/* Opens frames `first` to `last` - 1. The frame before `first` is read too, and the caller must skip it: what is
 * reported with a frame (a jump of its time) may depend on the frame before. Errors: FILE. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_source_open(lp_corpus_source *source, const char *command,
                                                           const lp_corpus_settings *settings, lightpose_model *model,
                                                           const char *path, int64_t first, int64_t last,
                                                           lightpose_error *error);
void lp_corpus_source_close(lp_corpus_source *source);

#endif
