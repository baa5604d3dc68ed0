/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Times that never run backwards, made of a source's, which may: files joined end to end, discontinuities of HLS, a
 * camera that sets its clock or is found again.
 *
 * A time that goes back a little is no time: FFmpeg gives a key frame of an MPEG stream the time of a later picture
 * where its start code lies on both sides of a packet's border, and guesses the next times from that. Such frames
 * follow one another at the usual step until the source's time is later than ours. If instead the one before leapt
 * ahead, it is its time that is off, and they wait. */

#ifndef LP_TOOLS_INPUT_CLOCK_H
#define LP_TOOLS_INPUT_CLOCK_H

#include <stdint.h>

/* Begin with lp_clock_start; the fields up to `joins` are then the caller's. */
typedef struct lp_clock {
    double step; /* seconds from frame to frame where nothing better is known; 0: unknown */
    int joins;   /* leaps ahead of more than 10 s are joints too, as FFmpeg takes them (MPEG-TS, HLS); else pauses */

    double start;     /* time of the source's first frame; NAN before it */
    double offset;    /* what is added to the source's times */
    double last;      /* time of the last frame; NAN before the first */
    double last_step; /* from the one before */
    double furthest;  /* the latest time that the source told, with `offset`; NAN before the first */
    int astray;       /* so many frames in a row, up to the last, have a time that is not the source's */
    double last_arrived;
    int stretch;
} lp_clock;

void lp_clock_start(lp_clock *clock);

/* The time of the next frame, whose source says `time`, in stretch `stretch` of its clock (timeline.h), or NAN;
 * `arrived` is when a live source delivered it, in seconds of a clock that nobody sets; NAN for others. *jump gets the
 * seconds by which the source's clock leapt; 0: it did not. A frame without a time follows the last at the usual step,
 * of a live source as it arrived, from 0 on. */
double lp_clock_tell(lp_clock *clock, double time, int stretch, double arrived, double *jump);

/* What lp_clock_tell would say of it, unless the clock leaps; NAN before the first frame. */
double lp_clock_expect(const lp_clock *clock, double time, double arrived);

/* Seconds from frame to frame, as far as known. */
double lp_clock_step(const lp_clock *clock);

/* Whether a gap of so many seconds between two frames is a joint. */
int lp_clock_is_joint(const lp_clock *clock, double gap);

/* Seconds from the first frame to the frame of this time, or, where it has none, of this number. */
double lp_clock_since_start(const lp_clock *clock, double time, int64_t number);

#endif
