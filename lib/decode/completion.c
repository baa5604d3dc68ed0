/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/completion.h"

#include <math.h>

/* Columns searched at a time; a wider window is searched in parts. */
enum { PART = 64 };

typedef struct search {
    const float *cells; /* (0, 0) of the heatmap */
    ptrdiff_t stride;
    lp_pair centre, variance;
    double best;
    int x, y; /* of the best cell */
} search;

static double density(const search *s, int axis, int at) {
    const double off = at - s->centre[axis];
    return exp(-off * off / (2 * s->variance[axis]));
}

static void search_part(search *s, int from, int to, int top, int bottom) {
    float across[PART];

    for (int x = from; x < to; x++)
        across[x - from] = (float)density(s, 0, x);
    for (int y = top; y < bottom; y++) {
        const float *const row = s->cells + y * s->stride;
        const double down = density(s, 1, y);
        float best = (float)(s->best / down);
        for (int x = from; x < to; x++) {
            /* cppcheck-suppress uninitvar; the loop above sets the values that this one reads */
            const float value = (fmaxf(row[x], 0) + (float)LP_COMPLETION_FLOOR) * across[x - from];
            if (value > best) {
                best = value;
                s->x = x;
                s->y = y;
            }
        }
        s->best = fmax(s->best, best * down);
    }
}

/* The logarithm of the value that the search maximises. The plane's border, which repeats its edge, may be read too. */
static double likelihood(const search *s, int x, int y) {
    const double dx = x - s->centre[0], dy = y - s->centre[1];
    const double value = fmaxf(s->cells[y * s->stride + x], 0);
    return log(value + LP_COMPLETION_FLOOR) - dx * dx / (2 * s->variance[0]) - dy * dy / (2 * s->variance[1]);
}

static void limits(double centre, double variance, int size, int *from, int *to) {
    const double reach = LP_COMPLETION_WINDOW * sqrt(variance);

    *from = (int)fmax(0, floor(centre - reach));
    *to = (int)fmin(size, ceil(centre + reach) + 1);
}

static int is_inside(double centre, int size) {
    return centre >= -0.5 && centre <= size - 0.5;
}

int lp_complete_keypoint(const lp_planes *planes, const lp_body_prior *prior, int type, lp_guess *guess) {
    search s = {.cells = lp_plane_cells(planes, type),
                .stride = planes->stride,
                .centre = prior->place[type],
                .variance = LP_COMPLETION_DOUBT * prior->variance[type] + LP_BODY_PRIOR_CELL};
    int left, right, upper, lower;

    /* Inside the map the window holds the nearest cell, so there is always a best one. */
    if (!is_inside(s.centre[0], planes->width) || !is_inside(s.centre[1], planes->height))
        return 0;
    limits(s.centre[0], s.variance[0], planes->width, &left, &right);
    limits(s.centre[1], s.variance[1], planes->height, &upper, &lower);
    for (int from = left; from < right; from += PART)
        search_part(&s, from, from + PART < right ? from + PART : right, upper, lower);
    const double middle = likelihood(&s, s.x, s.y);
    guess->x = s.x + lp_parabola_top(likelihood(&s, s.x - 1, s.y), middle, likelihood(&s, s.x + 1, s.y), 0.5);
    guess->y = s.y + lp_parabola_top(likelihood(&s, s.x, s.y - 1), middle, likelihood(&s, s.x, s.y + 1), 0.5);
    guess->value = fmaxf(s.cells[s.y * s.stride + s.x], 0);
    return 1;
}
