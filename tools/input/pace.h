/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Chooses the frames to keep at a lower rate: the first frame of each period. The choice depends only on the times of
 * the frames, so a file yields the same frames wherever reading begins. */

#ifndef LP_TOOLS_INPUT_PACE_H
#define LP_TOOLS_INPUT_PACE_H

#include <stdint.h>

typedef struct lp_pace {
    double rate;    /* frames per second; 0: all frames are kept */
    int64_t kept;   /* the period of the last frame that was kept */
    int64_t passed; /* frames skipped without decoding; counted by the reader */
} lp_pace;

void lp_pace_start(lp_pace *pace, double rate);

/* The period of a frame `time` seconds after the first of the source, whose frames are `step` seconds apart. A period
 * begins half a step early, so that times that jitter stay in their period. */
int64_t lp_pace_period(const lp_pace *pace, double time, double step);

/* Whether to keep the next frame, which is at `time`. */
int lp_pace_keeps(lp_pace *pace, double time, double step);

#endif
