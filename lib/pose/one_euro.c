/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "pose/one_euro.h"

#include <math.h>

/* Share of the new sample in a first-order low-pass: 1 / (1 + tau / te), tau = 1 / (2 pi cutoff). */
static double share(double cutoff, double seconds) {
    const double turn = 2 * M_PI * cutoff * seconds;
    return turn / (turn + 1);
}

void lp_one_euro_start(lp_one_euro *filter, double raw) {
    *filter = (lp_one_euro){.raw = raw, .value = raw};
}

double lp_one_euro_step(lp_one_euro *filter, const lp_one_euro_settings *settings, double raw, double seconds) {
    const double slope = (raw - filter->raw) / seconds; /* of the raw samples, as published */
    filter->slope += share(settings->derivative_cutoff, seconds) * (slope - filter->slope);
    const double cutoff = settings->min_cutoff + settings->beta * fabs(filter->slope);
    filter->value += share(cutoff, seconds) * (raw - filter->value);
    filter->raw = raw;
    return filter->value;
}
