/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/clock.h"

#include <math.h>

/* A smaller leap back, in seconds, is a wrong time stamp. */
#define MIN_LEAP_BACK 1.0

/* A gap is a pause if it exceeds these seconds and this many steps. */
#define MIN_PAUSE   1.0
#define PAUSE_STEPS 10

/* A larger leap ahead, in seconds, is a joint in formats that have joints. */
#define MIN_JOINT 10.0

/* The time of a frame is trusted if it followed the frame before after at most this many nominal steps. */
#define EVEN 1.5

/* At most this many frames in a row get made-up times; the next ones wait until the source is no longer behind. */
#define MOST_ASTRAY 32

/* Seconds from frame to frame if nothing is known. */
#define ASSUMED_STEP 0.04

void lp_clock_start(lp_clock *clock) {
    *clock = (lp_clock){.start = NAN, .last = NAN, .furthest = NAN, .last_arrived = NAN};
}

double lp_clock_step(const lp_clock *clock) {
    return clock->last_step > 0 ? clock->last_step : clock->step > 0 ? clock->step : ASSUMED_STEP;
}

/* Whether a frame's time is not to be trusted: it is not later than our last one, and it goes back in the source or
 * follows a frame that did. */
static int is_astray(const lp_clock *clock, double time) {
    return clock->astray < MOST_ASTRAY && time <= clock->last && (time < clock->furthest || clock->astray);
}

/* Our time of a frame whose source time is `time` (with the offset), and not a leap away from the last frame. */
static double in_order(const lp_clock *clock, double time) {
    const int is_even = clock->step > 0 && clock->last_step <= EVEN * clock->step;
    if (is_astray(clock, time) && is_even)
        return clock->last + lp_clock_step(clock);
    return time < clock->last ? clock->last : time;
}

double lp_clock_tell(lp_clock *clock, double time, int stretch, double arrived, double *jump) {
    const double step = lp_clock_step(clock), last = clock->last;
    /* After a leap, the frames of a live source follow each other as they arrive. */
    const double next =
        last + (isfinite(arrived) && isfinite(clock->last_arrived) ? arrived - clock->last_arrived : step);
    const int leapt = stretch != clock->stretch;
    int astray = 0;
    double now = !isnan(time) ? time + clock->offset : isnan(arrived) ? last + step : isnan(last) ? 0 : next;
    *jump = 0;
    if (!isnan(last) && !isnan(time)) {
        const double ahead = now - last;
        const int live = isfinite(arrived);
        if (leapt || ahead < -MIN_LEAP_BACK || ((clock->joins || live) && now - next > MIN_JOINT)) {
            *jump = now - next;
            clock->offset -= *jump;
            now = next;
            clock->furthest = now;
        } else if (ahead <= 0) {
            astray = is_astray(clock, now);
            now = in_order(clock, now);
        } else if (ahead > MIN_PAUSE && ahead > PAUSE_STEPS * (clock->step > 0 ? clock->step : step)) {
            *jump = now - next;
        }
    }
    if (!isnan(now) && now - last > 0 && *jump == 0)
        clock->last_step = now - last;
    if (isnan(clock->start))
        clock->start = now;
    if (!isnan(time))
        clock->furthest = fmax(clock->furthest, time + clock->offset);
    clock->astray = astray ? clock->astray + 1 : 0;
    clock->stretch = stretch;
    clock->last_arrived = arrived;
    clock->last = now;
    return now;
}

double lp_clock_expect(const lp_clock *clock, double time, double arrived) {
    if (isnan(clock->last))
        return NAN;
    return !isnan(time)     ? in_order(clock, time + clock->offset)
           : isnan(arrived) ? clock->last + lp_clock_step(clock)
                            : clock->last + (arrived - clock->last_arrived);
}

double lp_clock_since_start(const lp_clock *clock, double time, int64_t number) {
    return isnan(time) || isnan(clock->start) ? (double)number * lp_clock_step(clock) : time - clock->start;
}

int lp_clock_is_joint(const lp_clock *clock, double gap) {
    return clock->joins && gap > MIN_JOINT;
}
