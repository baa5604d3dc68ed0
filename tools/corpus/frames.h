/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The stored frames of a video, one after another, in memory that does not grow with their number. */

#ifndef LP_TOOLS_CORPUS_FRAMES_H
#define LP_TOOLS_CORPUS_FRAMES_H

#include "corpus/corpus.h"
#include "output/output.h"

/* What outputs are told of a video. The strings are the video's; `reopen` is NULL. */
void lp_corpus_stream(const lp_corpus_video *video, lp_output_stream *stream);

typedef struct lp_corpus_frames lp_corpus_frames;

/* Frames of video `id` from `first` to before `last`. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_frames_open(lp_corpus_frames **frames, lp_corpus *corpus, int64_t id,
                                                           int64_t first, int64_t last, lightpose_error *error);
void lp_corpus_frames_close(lp_corpus_frames **frames);

/* The next frame, as an output of `run` without tracking would have got it, but for the picture: 1. What it points at
 * is valid until the next call. 0: the end. -1: an error: FILE (a frame is not stored, or stored twice; a damaged
 * block), MEMORY. */
int lp_corpus_frames_next(lp_corpus_frames *frames, lp_output_frame *frame, lightpose_error *error);

#endif
