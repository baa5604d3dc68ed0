/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The One-Euro filter (Casiez, Roussel, Vogel: 1 Euro Filter, CHI 2012): a first-order low-pass whose cutoff rises with
 * the speed of what it follows. SPEC 2.12, but with the true time between samples. */

#ifndef LP_POSE_ONE_EURO_H
#define LP_POSE_ONE_EURO_H

typedef struct lp_one_euro_settings {
    double min_cutoff;        /* Hz, above 0 */
    double beta;              /* Hz per unit a second */
    double derivative_cutoff; /* Hz, above 0 */
} lp_one_euro_settings;

typedef struct lp_one_euro {
    double raw, value; /* the last sample and what came out */
    double slope;      /* units a second, low-passed */
} lp_one_euro;

/* The first sample passes unchanged. */
void lp_one_euro_start(lp_one_euro *filter, double raw);

/* The sample `seconds` (above 0) after the last. The result lies between the last result and `raw`. */
double lp_one_euro_step(lp_one_euro *filter, const lp_one_euro_settings *settings, double raw, double seconds);

#endif
