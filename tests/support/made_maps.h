/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Maps made in code, in any layout, for the tests of the decoder. */

#ifndef TESTS_MADE_MAPS_H
#define TESTS_MADE_MAPS_H

#include <stdint.h>

#include "net/plan.h"

/* xorshift64*, which gives the same numbers on all machines. */
typedef struct made_random {
    uint64_t state;
} made_random;

uint32_t made_next(made_random *random);
float made_uniform(made_random *random, float low, float high); /* low included */
int made_below(made_random *random, int limit);

typedef enum made_layout {
    MADE_PLANAR,
    MADE_PLANAR_GAPS,
    MADE_INTERLEAVED,
    MADE_INTERLEAVED_GAPS,
    MADE_LAYOUTS
} made_layout;

/* Zeroed maps; unused gaps of the layout are NaN. Memory after the last value is not readable. Freed by made_free. */
lp_maps made_maps(int width, int height, made_layout layout);
void made_free(lp_maps *maps);

/* The same values in another layout. */
lp_maps made_copy(const lp_maps *maps, made_layout layout);

float *made_heat(const lp_maps *maps, int map, int x, int y);
float *made_paf(const lp_maps *maps, int map, int x, int y);

/* Adds a bump of `height` with its peak at (x, y) in cells and a width of 0.8 cells, like a keypoint of the network. */
void made_bump(const lp_maps *maps, int map, double x, double y, double height);

/* Draws the field of limb `limb` from (x0, y0) to (x1, y1), 1.2 cells to either side, with vectors of length
 * `strength`. */
void made_limb(const lp_maps *maps, int limb, double x0, double y0, double x1, double y1, double strength);

/* Draws `people` standing figures of random positions and sizes, with some keypoints missing and some noise. */
void made_people(const lp_maps *maps, int people, made_random *random);

#endif
