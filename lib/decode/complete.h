/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Guesses the keypoints that no peak gave: where the heatmap and the figure agree best.
 *
 * For each missing keypoint, the cell of the greatest (value + LP_COMPLETE_FLOOR) x density, among those within
 * LP_COMPLETE_WINDOW standard deviations of where the figure expects it; a parabola through the logarithms of the
 * neighbours places it between cells. The density is the figure's Gaussian; its variance is trebled, since it leaves
 * out how sure the figure's own place and scale are. The floor is the heatmap's noise: far below it the figure alone
 * decides. A keypoint expected outside the map stays missing. */

#ifndef LP_DECODE_COMPLETE_H
#define LP_DECODE_COMPLETE_H

#include "decode/figure.h"
#include "decode/planes.h"

#define LP_COMPLETE_FLOOR  0.015
#define LP_COMPLETE_WINDOW 2.5
#define LP_COMPLETE_DOUBT  3.0

typedef struct lp_guess {
    double x, y; /* cells of the heatmap; 0 is the centre of the first */
    float value; /* the heatmap's at the nearest cell, at least 0 */
} lp_guess;

/* Returns whether there is a guess for keypoint `type`. */
int lp_complete(const lp_planes *planes, const lp_figure *figure, int type, lp_guess *guess);

#endif
