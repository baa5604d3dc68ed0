/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What stored frames were made with. Settings and weights are not part of it: they are the same for the whole corpus.
 */

#ifndef LP_TOOLS_CORPUS_PROVENANCE_H
#define LP_TOOLS_CORPUS_PROVENANCE_H

#include "corpus/corpus.h"

typedef struct lp_corpus_maker {
    char version[32], cpu[64], engine[64]; /* cpu: the instruction set, as in lightpose_system */
} lp_corpus_maker;

/* Describes this command on this machine. */
void lp_corpus_maker_here(lp_corpus_maker *maker);

/* Finds the maker of a stored frame; *found is 0 if the frame is not stored. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_maker_find(lp_corpus *corpus, int64_t video, int64_t frame,
                                                          lp_corpus_maker *maker, int *found, lightpose_error *error);

int lp_corpus_maker_equal(const lp_corpus_maker *a, const lp_corpus_maker *b);

/* Calls `take` for each maker of stored frames of a video (0: of all videos), the one with most frames first. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_maker_list(lp_corpus *corpus, int64_t video,
                                                          void (*take)(void *opaque, const lp_corpus_maker *maker,
                                                                       int64_t frames),
                                                          void *opaque, lightpose_error *error);

#endif
