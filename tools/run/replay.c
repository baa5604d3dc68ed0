/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/replay.h"

#include <stdlib.h>

#include "fail.h"
#include "run/follower.h"

struct lp_replay {
    lp_replay_options options;
    lp_chooser chooser;
    lp_follower follower;
    lp_target_stream *out;
    double fps;
    int64_t frames, people;
};

lightpose_status lp_replay_create(lp_replay **replay, const lp_replay_options *options, lightpose_error *error) {
    *replay = calloc(1, sizeof **replay);
    if (!*replay)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to write stored frames");
    (*replay)->options = *options;
    return LIGHTPOSE_OK;
}

void lp_replay_destroy(lp_replay **replay) {
    if (!*replay)
        return;
    (void)lp_replay_end(*replay, 1);
    lp_chooser_free(&(*replay)->chooser);
    free(*replay);
    *replay = NULL;
}

lightpose_status lp_replay_begin(lp_replay *replay, const lp_output_stream *stream, lightpose_error *error) {
    replay->fps = stream->fps;
    replay->frames = replay->people = 0;
    if (replay->options.track)
        LP_TRY(lp_follower_open(&replay->follower, replay->options.track, NULL, 0, error));
    return lp_targets_begin(&replay->out, replay->options.targets, stream, error);
}

static lightpose_status refine(lp_replay *replay, const lp_output_frame *frame, lightpose_result *result,
                               lightpose_error *error) {
    const double time = lp_follower_time(frame->index, frame->time, replay->fps);
    if (replay->follower.tracker)
        LP_TRY(
            lp_follower_update(&replay->follower, &replay->chooser, time, frame->width, frame->height, result, error));
    return lp_chooser_choose(&replay->chooser, result, &replay->options.choice, frame->width, frame->height, error);
}

lightpose_status lp_replay_block(lp_replay *replay, lp_block_frames *frames, lightpose_error *error) {
    for (int i = 0; i < lp_block_frames_count(frames); i++) {
        lp_output_frame frame;
        LP_TRY(lp_block_frames_get(frames, i, &frame, error));
        if (frame.state == LP_FRAME_OK)
            LP_TRY(refine(replay, &frame, lp_block_frames_result(frames), error));
        lp_targets_frame(replay->out, &frame);
        replay->frames++;
        replay->people += lightpose_result_get_count(frame.result);
    }
    return LIGHTPOSE_OK;
}

int lp_replay_end(lp_replay *replay, int interrupted) {
    const int failed = replay->out ? lp_targets_end(&replay->out, interrupted, NULL, 0) : 0;
    lp_follower_close(&replay->follower);
    return failed;
}

int64_t lp_replay_frames(const lp_replay *replay) {
    return replay->frames;
}

int64_t lp_replay_people(const lp_replay *replay) {
    return replay->people;
}
