/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The peaks of one keypoint type for the decoder `refined`: found on the network's own cells, placed between them.
 *
 * The rule, for every cell of the heatmap:
 *   - a cell is a candidate when it reaches LP_SUBCELL_LOW of the threshold and none of its eight neighbours is larger;
 *     of equal neighbours the first in reading order wins, so a plateau has one candidate, where the published rule has
 *     none. What lies outside the map is no neighbour;
 *   - its place is the top of a parabola along x and along y, fitted twice to the bicubic interpolation of the map at
 *     LP_SUBCELL_STEP cells around the place so far; what lies across is averaged 1 : 2 : 1, for the heatmaps' bells
 *     are wider than a cell and one row of three values knows less than three rows. A fit moves by that step at most.
 *     What lies outside the map counts as LP_SUBCELL_OUTSIDE of the nearest cell: a bell falls off there too, and one
 *     that did not would be drawn over the edge;
 *   - its score is the larger of the cell's value and the interpolation there; it must reach the threshold;
 *   - candidates go by score, the higher first, equal ones in reading order; each stays unless one that stayed is
 *     closer than the radius. (The published suppression goes by x and ignores the score.) */

#ifndef LP_DECODE_SUBCELL_H
#define LP_DECODE_SUBCELL_H

#include "decode/peaks.h"

#define LP_SUBCELL_LOW     0.6f /* the interpolation of cells from 0 to 1 is at most 1.19^2, so nothing is left out */
#define LP_SUBCELL_STEP    0.75f
#define LP_SUBCELL_OUTSIDE 0.5f /* 0.3 to 0.7 measure the same */

/* Replaces `peaks`, whose places are in cells of the upsampled map, by score. Returns 0, or -1 without memory. */
int lp_subcell_find(lp_peaks *peaks, const lp_planes *planes, int map, const lp_upsample *upsample, float threshold,
                    float radius);

#endif
