/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What stored frames were made with. Settings and the weights are the corpus's, the same for all. */

#ifndef LP_TOOLS_CORPUS_PROVENANCE_H
#define LP_TOOLS_CORPUS_PROVENANCE_H

#include "corpus/corpus.h"

typedef struct lp_corpus_maker {
    char version[32], cpu[64], engine[64]; /* cpu: the instruction set, as lightpose_system tells it */
} lp_corpus_maker;

/* This command on this machine. */
void lp_corpus_maker_here(lp_corpus_maker *maker);

/* That of a stored frame; *found 0 where the frame is not stored. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_maker_find(lp_corpus *corpus, int64_t video, int64_t frame,
                                                          lp_corpus_maker *maker, int *found, lightpose_error *error);

int lp_corpus_maker_equal(const lp_corpus_maker *a, const lp_corpus_maker *b);

/* Calls `take` for each maker of stored frames of a video (0: of all), the one with most frames first. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_maker_list(lp_corpus *corpus, int64_t video,
                                                          void (*take)(void *opaque, const lp_corpus_maker *maker,
                                                                       int64_t frames),
                                                          void *opaque, lightpose_error *error);

#endif
