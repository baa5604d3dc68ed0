/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Makes times that never go back from those of a source, which may: files joined end to end, discontinuities of HLS, a
 * camera that sets its clock or is reconnected.
 *
 * A time slightly before the last one is not trusted: FFmpeg gives a key frame of an MPEG stream the time of a later
 * picture if its start code crosses a packet boundary, and guesses the next times from that. Such frames follow each
 * other at the usual step until the source's time is later than ours. If the last frame had leapt ahead, its time is
 * the wrong one: the next frames then get the same time until the source catches up. */

#ifndef LP_TOOLS_INPUT_CLOCK_H
#define LP_TOOLS_INPUT_CLOCK_H

#include <stdint.h>

/* Initialize with lp_clock_start; then the caller sets `step` and `joins`. */
typedef struct lp_clock {
    double step; /* nominal seconds from frame to frame; 0: unknown */
    int joins; /* 1: leaps ahead of more than 10 s are joints, as in FFmpeg (MPEG-TS, HLS); 0: they are pauses. In live
                  sources they always are joints */

    double start;     /* time of the source's first frame; NAN before it */
    double offset;    /* added to the source's times */
    double last;      /* time of the last frame; NAN before the first */
    double last_step; /* from the frame before it */
    double furthest;  /* the latest of the source's times, plus `offset`; NAN before the first */
    int astray;       /* how many frames in a row, up to the last, had a time that is not trusted */
    double last_arrived;
    int stretch;
} lp_clock;

void lp_clock_start(lp_clock *clock);

/* Returns the time of the next frame. `time` is its time in the source (NAN: none), in stretch `stretch` of the
 * source's clock (timeline.h). `arrived` is when a live source delivered it, in seconds of a monotonic clock; NAN for
 * other sources. *jump gets the seconds by which the source's clock leapt, or 0. A frame without a time follows the
 * last one at the usual step; in a live source, by the time between their arrivals, beginning at 0. */
double lp_clock_tell(lp_clock *clock, double time, int stretch, double arrived, double *jump);

/* What lp_clock_tell would return, unless the clock leaps; NAN before the first frame. */
double lp_clock_expect(const lp_clock *clock, double time, double arrived);

/* Seconds from frame to frame, as far as known. */
double lp_clock_step(const lp_clock *clock);

/* Whether a gap of `gap` seconds between two frames is a joint. */
int lp_clock_is_joint(const lp_clock *clock, double gap);

/* Seconds from the first frame to the frame with this time or, if that is NAN, with this number. */
double lp_clock_since_start(const lp_clock *clock, double time, int64_t number);

#endif
