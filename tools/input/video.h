/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Frames of anything that FFmpeg can open: decoded, numbered (timeline.h), timed. */

#ifndef LP_TOOLS_INPUT_VIDEO_H
#define LP_TOOLS_INPUT_VIDEO_H

#include "input/bytes.h"
#include "input/clock.h"
#include "input/input.h"
#include "input/pace.h"

typedef struct lp_video lp_video;

/* As lp_input_open, _close, _get_about and _next. `bytes`: as in lp_demux_open. `clock`, `pace` and `number` (of the
 * first frame) continue when a live source is reopened. */
LIGHTPOSE_NODISCARD lightpose_status lp_video_open(lp_video **video, const lp_source *source,
                                                   const lp_input_options *options, lp_bytes *bytes, lp_clock *clock,
                                                   lp_pace *pace, int64_t number, lightpose_error *error);
void lp_video_close(lp_video **video);
void lp_video_get_about(const lp_video *video, lp_input_about *about);
int lp_video_next(lp_video *video, lp_input_frame *frame, lightpose_error *error);

/* The number that the next frame will get. */
int64_t lp_video_number(const lp_video *video);

#endif
