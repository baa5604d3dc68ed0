/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Completes a person: places the keypoints that have no peak where the heatmap and the body prior agree best.
 *
 * Each missing keypoint is placed at the cell with the greatest (value + LP_COMPLETION_FLOOR) x density, within
 * LP_COMPLETION_WINDOW standard deviations of the place that the prior expects; a parabola through the logarithms of
 * the neighbours then places it between cells. The density is the prior's Gaussian with its variance times
 * LP_COMPLETION_DOUBT, because the prior ignores the uncertainty of the fitted place and scale. The floor is the
 * heatmap's noise: far below it, the prior alone decides. A keypoint expected outside the map is not completed. */

#ifndef LP_DECODE_COMPLETION_H
#define LP_DECODE_COMPLETION_H

#include "decode/body_prior.h"
#include "decode/maps.h"

#define LP_COMPLETION_FLOOR  0.015
#define LP_COMPLETION_WINDOW 2.5
#define LP_COMPLETION_DOUBT  3.0

typedef struct lp_guess {
    double x, y; /* cells of the heatmap; 0 is the centre of the first */
    float value; /* the heatmap's at the nearest cell, at least 0 */
} lp_guess;

/* Returns whether there is a guess for keypoint `type`. */
int lp_complete_keypoint(const lp_planes *planes, const lp_body_prior *prior, int type, lp_guess *guess);

#endif
