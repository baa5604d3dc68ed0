/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/peaks.h"

#include <float.h>
#include <math.h>

#include "base/mem.h"
#include "base/sort.h"

typedef struct candidate {
    float x, y, score; /* cells of the heatmap */
    int order;
} candidate;

static int candidate_before(const candidate *a, const candidate *b) {
    return a->score != b->score ? a->score > b->score : a->order < b->order;
}

LP_DEFINE_SORT(sort_candidates, candidate, candidate_before)

/* The cells around a candidate, which is at [REACH][REACH]. Samples of the second fit are up to 2 * 0.75 cells away and
 * are interpolated from cells floor - 1 to floor + 2. */
enum { REACH = 3, SIDE = 2 * REACH + 1, FITS = 2 };

typedef struct patch {
    float cell[SIDE][SIDE];
} patch;

static int clamp(int value, int high) {
    return value < 0 ? 0 : value > high ? high : value;
}

static void take_patch(patch *p, const lp_planes *planes, const float *cells, int x, int y) {
    for (int j = 0; j < SIDE; j++) {
        const int row = clamp(y + j - REACH, planes->height - 1);
        for (int i = 0; i < SIDE; i++) {
            const int column = clamp(x + i - REACH, planes->width - 1);
            const int is_inside = row == y + j - REACH && column == x + i - REACH;
            p->cell[j][i] = cells[row * planes->stride + column] * (is_inside ? 1 : LP_REFINED_OUTSIDE);
        }
    }
}

/* The taps of a sample at `at`, relative to the middle of the patch. */
typedef struct taps {
    int first;
    float weight[LP_TAPS];
} taps;

static taps taps_at(float at) {
    const float below = floorf(at);
    taps t = {.first = (int)below - 1 + REACH};

    lp_cubic_weights(LP_CUBIC_OPENCV, at - below, t.weight);
    return t;
}

static float along(const taps *t, const float *values) {
    const float *const v = values + t->first;
    return (v[0] * t->weight[0] + v[1] * t->weight[1]) + (v[2] * t->weight[2] + v[3] * t->weight[3]);
}

/* Interpolates at 3 x 3 places around (x, y), [row][column]. */
static void sample(const patch *p, float x, float y, float values[3][3]) {
    for (int i = 0; i < 3; i++) {
        const taps column = taps_at(x + (float)(i - 1) * LP_REFINED_STEP);
        float line[SIDE];
        for (int j = 0; j < SIDE; j++)
            line[j] = along(&column, p->cell[j]);
        for (int j = 0; j < 3; j++) {
            const taps row = taps_at(y + (float)(j - 1) * LP_REFINED_STEP);
            values[j][i] = along(&row, line);
        }
    }
}

static void refine(const patch *p, float *x, float *y) {
    for (int fit = 0; fit < FITS; fit++) {
        float v[3][3], column[3], row[3];
        sample(p, *x, *y, v);
        for (int i = 0; i < 3; i++) {
            column[i] = v[0][i] + 2 * v[1][i] + v[2][i];
            row[i] = v[i][0] + 2 * v[i][1] + v[i][2];
        }
        *x += LP_REFINED_STEP * (float)lp_parabola_top(column[0], column[1], column[2], 1);
        *y += LP_REFINED_STEP * (float)lp_parabola_top(row[0], row[1], row[2], 1);
    }
    *x = fminf(fmaxf(*x, -1), 1);
    *y = fminf(fmaxf(*y, -1), 1);
}

static float value_at(const patch *p, float x, float y) {
    const taps column = taps_at(x), row = taps_at(y);
    float line[SIDE];

    for (int j = 0; j < SIDE; j++)
        line[j] = along(&column, p->cell[j]);
    return along(&row, line);
}

static int is_largest(const lp_planes *planes, const float *cells, int x, int y) {
    const float value = cells[y * planes->stride + x];

    for (int j = y - 1; j <= y + 1; j++) {
        for (int i = x - 1; i <= x + 1; i++) {
            if (i < 0 || j < 0 || i >= planes->width || j >= planes->height)
                continue;
            const float other = cells[j * planes->stride + i];
            const int earlier = j < y || (j == y && i < x);
            if (other > value || (other == value && earlier))
                return 0;
        }
    }
    return 1;
}

static float inside(float at, int size) {
    return fminf(fmaxf(at, -0.5f), (float)size - 0.5f);
}

static int add_candidate(lp_maxima *found, const lp_planes *planes, const float *cells, int x, int y, float threshold) {
    candidate c = {.order = found->count};
    float dx = 0, dy = 0;
    patch p;

    take_patch(&p, planes, cells, x, y);
    refine(&p, &dx, &dy);
    c.score = fminf(fmaxf(p.cell[REACH][REACH], value_at(&p, dx, dy)), FLT_MAX); /* huge cells overflow */
    if (!(c.score >= threshold))
        return 0;
    c.x = inside((float)x + dx, planes->width);
    c.y = inside((float)y + dy, planes->height);
    if (lp_grow(&found->data, &found->capacity, (size_t)found->count + 1, sizeof c))
        return -1;
    ((candidate *)found->data)[found->count++] = c;
    return 0;
}

static int find_candidates(lp_maxima *found, const lp_planes *planes, int map, float threshold) {
    const float *const cells = lp_plane_cells(planes, map);
    const float low = LP_REFINED_LOW * threshold;

    found->count = 0;
    for (int y = 0; y < planes->height; y++) {
        const float *const row = cells + y * planes->stride;
        for (int x = 0; x < planes->width; x++)
            if (row[x] >= low && row[x] > 0 && is_largest(planes, cells, x, y) &&
                add_candidate(found, planes, cells, x, y, threshold))
                return -1;
    }
    return 0;
}

static void suppress(lp_peaks *peaks, const lp_upsample *upsample, float radius) {
    const candidate *const all = peaks->maxima.data;
    const float factor = (float)upsample->factor;

    peaks->count = 0;
    for (int i = 0; i < peaks->maxima.count; i++) {
        /* All in float: places rounded from lp_upsampled_place would differ in their last bits. */
        const float x = (all[i].x + 0.5f) * factor - 0.5f, y = (all[i].y + 0.5f) * factor - 0.5f;
        lp_peaks_add_unless_close(peaks, 0, x, y, all[i].score, radius);
    }
    lp_peaks_pad(peaks);
}

int lp_peaks_find_refined(lp_peaks *peaks, const lp_planes *planes, int map, const lp_upsample *upsample,
                          float threshold, float radius) {
    peaks->count = 0;
    if (find_candidates(&peaks->maxima, planes, map, threshold) || lp_peaks_reserve(peaks, peaks->maxima.count))
        return -1;
    sort_candidates(peaks->maxima.data, peaks->maxima.count);
    suppress(peaks, upsample, radius);
    return 0;
}
