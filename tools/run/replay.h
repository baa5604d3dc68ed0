/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Frames that were stored, on their way to outputs as in a run: people are followed and chosen, and all formats without
 * pictures are written, byte for byte as a run writes them. */

#ifndef LP_TOOLS_RUN_REPLAY_H
#define LP_TOOLS_RUN_REPLAY_H

#include "block/block.h"
#include "run/choose.h"
#include "run/targets.h"

typedef struct lp_replay_options {
    lp_targets *targets;
    const lightpose_tracker_settings *track; /* NULL: people are not followed */
    lp_choice choice;
} lp_replay_options;

typedef struct lp_replay lp_replay; /* of one stream after another */

/* `options` is copied; what it points at must outlive the replay. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_replay_create(lp_replay **replay, const lp_replay_options *options,
                                                      lightpose_error *error);
void lp_replay_destroy(lp_replay **replay);

/* Begins a stream, whose strings must outlive the targets. Errors: ARGUMENT, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_replay_begin(lp_replay *replay, const lp_output_stream *stream,
                                                     lightpose_error *error);

/* All frames of a block, in order. Outputs that fail are told by the targets. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_replay_block(lp_replay *replay, lp_block_frames *frames,
                                                     lightpose_error *error);

/* Ends the stream; `interrupted`: its files stay partial. Returns how many of its outputs failed. */
int lp_replay_end(lp_replay *replay, int interrupted);

/* Frames and people of the current stream so far. */
int64_t lp_replay_frames(const lp_replay *replay);
int64_t lp_replay_people(const lp_replay *replay);

#endif
