/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/pace.h"

#include <math.h>

void lp_pace_start(lp_pace *pace, double rate) {
    *pace = (lp_pace){.rate = rate, .kept = INT64_MIN};
}

int64_t lp_pace_period(const lp_pace *pace, double time, double step) {
    /* Times are rounded to ticks, and some frames lie exactly on a border, as when 30 frames per second become 20. */
    const double tolerance = 1e-3;
    const double ahead = step > 0 && step * pace->rate < 1 ? step * pace->rate / 2 : 0.5;
    const double period = floor(time * pace->rate + ahead + tolerance);
    return period > -9e15 && period < 9e15 ? (int64_t)period : 0;
}

int lp_pace_keeps(lp_pace *pace, double time, double step) {
    if (pace->rate <= 0)
        return 1;
    const int64_t period = lp_pace_period(pace, time, step);
    if (period <= pace->kept)
        return 0;
    pace->kept = period;
    return 1;
}
