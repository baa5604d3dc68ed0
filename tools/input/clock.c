/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/clock.h"

#include <math.h>

/* A leap back of less is a time stamp that is off, if frames are counted; a pause of less than so much, or than so many
 * steps, is none; a leap ahead of more is a joint in formats that have joints. */
#define MIN_LEAP_BACK 1.0
#define MIN_PAUSE     1.0
#define PAUSE_STEPS   10
#define MIN_JOINT     10.0

/* A step of no more than so many usual ones leaves no doubt about the frame at its end. */
#define EVEN 1.5

/* Frames in a row whose times are made; then, if ours are ahead of the source, they wait for it. */
#define MOST_ASTRAY 32

/* Where nothing at all is known. */
#define ASSUMED_STEP 0.04

void lp_clock_start(lp_clock *clock) {
    *clock = (lp_clock){.start = NAN, .last = NAN, .furthest = NAN, .last_arrived = NAN};
}

double lp_clock_step(const lp_clock *clock) {
    return clock->last_step > 0 ? clock->last_step : clock->step > 0 ? clock->step : ASSUMED_STEP;
}

/* Whether a frame's time goes back, or is behind one that does and not later than what we told since. */
static int is_astray(const lp_clock *clock, double time) {
    return clock->astray < MOST_ASTRAY && time <= clock->last && (time < clock->furthest || clock->astray);
}

/* The time of a frame that is no leap away from the last, where the source says `time`. */
static double in_order(const lp_clock *clock, double time) {
    const int is_even = clock->step > 0 && clock->last_step <= EVEN * clock->step;
    if (is_astray(clock, time) && is_even)
        return clock->last + lp_clock_step(clock);
    return time < clock->last ? clock->last : time;
}

double lp_clock_tell(lp_clock *clock, double time, int stretch, double arrived, double *jump) {
    const double step = lp_clock_step(clock), last = clock->last;
    /* After a leap a live source goes on as its frames arrive. */
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
