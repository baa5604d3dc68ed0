/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which frames of a source are kept at a lower rate: of those around each multiple of the period the first. It depends
 * on the times of the frames alone, so a file yields the same frames wherever it is entered. */

#ifndef LP_TOOLS_INPUT_PACE_H
#define LP_TOOLS_INPUT_PACE_H

#include <stdint.h>

typedef struct lp_pace {
    double rate;    /* frames a second; 0: all frames are kept */
    int64_t kept;   /* the period of the last frame that was */
    int64_t passed; /* frames that were not even decoded; counted by the reader */
} lp_pace;

void lp_pace_start(lp_pace *pace, double rate);

/* The period of a frame `time` seconds after the first of the source, whose frames come `step` seconds after each
 * other: it begins half a step before its multiple, so that times that jitter stay in theirs. */
int64_t lp_pace_period(const lp_pace *pace, double time, double step);

/* Whether the next frame, of this time, is kept. */
int lp_pace_keeps(lp_pace *pace, double time, double step);

#endif
