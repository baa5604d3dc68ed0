/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reads the stored frames of a video one after another, in bounded memory. */

#ifndef LP_TOOLS_CORPUS_FRAMES_H
#define LP_TOOLS_CORPUS_FRAMES_H

#include "corpus/corpus.h"
#include "output/output.h"

/* Describes a video for outputs. The strings are the video's; `reopen` is NULL. */
void lp_corpus_stream(const lp_corpus_video *video, lp_output_stream *stream);

typedef struct lp_corpus_frames lp_corpus_frames;

/* Opens frames `first` to `last` - 1 of video `id`. */
LIGHTPOSE_NODISCARD lightpose_status lp_corpus_frames_open(lp_corpus_frames **frames, lp_corpus *corpus, int64_t id,
                                                           int64_t first, int64_t last, lightpose_error *error);
void lp_corpus_frames_close(lp_corpus_frames **frames);

/* Returns 1 with the next frame, as an output of `run` without tracking would get it, but without a picture. What it
 * points at is valid until the next call. Returns 0 at the end and -1 on an error: FILE (a frame is not stored, or
 * stored twice; a damaged block), MEMORY. */
int lp_corpus_frames_next(lp_corpus_frames *frames, lp_output_frame *frame, lightpose_error *error);

#endif
