/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "net/activation_histogram.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { BINS = LP_HISTOGRAM_BINS };

lightpose_status lp_histogram_create(lp_histogram *histogram, const char *tensor, int channels,
                                     lightpose_error *error) {
    const size_t count = (size_t)channels;

    *histogram = (lp_histogram){.channels = channels,
                                .low = lp_calloc(count, sizeof(float)),
                                .high = lp_calloc(count, sizeof(float)),
                                .reach = lp_calloc(count, sizeof(float)),
                                .counts = lp_calloc(count * BINS, sizeof(uint32_t))};
    if (histogram->low && histogram->high && histogram->reach && histogram->counts)
        return LIGHTPOSE_OK;
    lp_histogram_free(histogram);
    return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the values of %s: %zu bytes", tensor,
                   count * BINS * sizeof(uint32_t));
}

void lp_histogram_free(lp_histogram *histogram) {
    lp_free(histogram->low);
    lp_free(histogram->high);
    lp_free(histogram->reach);
    lp_free(histogram->counts);
    *histogram = (lp_histogram){0};
}

/* ---- Counting ---------------------------------------------------------------------------------------------------- */

/* Adds `from` to bins with 2^shift times the reach. */
static void merge(const uint32_t *from, int shift, uint64_t *to) {
    for (int i = 0; i < BINS; i++)
        to[shift < 31 ? i >> shift : 0] += from[i];
}

/* A power of two above `magnitude`, large enough that BINS / reach is finite. */
static float reach_of(float magnitude) {
    int exponent;

    frexpf(fmaxf(magnitude, 1e-30f), &exponent);
    return ldexpf(1, exponent);
}

/* log2 of `reach` over that of a channel. */
static int shift_to(float channel, float reach) {
    int near, far;

    frexpf(channel, &near);
    frexpf(reach, &far);
    return far - near;
}

static void grow(lp_histogram *histogram, int channel, float reach) {
    uint32_t *const counts = histogram->counts + (size_t)channel * BINS;
    uint64_t merged[BINS] = {0};

    if (histogram->reach[channel] > 0)
        merge(counts, shift_to(histogram->reach[channel], reach), merged);
    for (int i = 0; i < BINS; i++)
        counts[i] = merged[i] < UINT32_MAX ? (uint32_t)merged[i] : UINT32_MAX;
    histogram->reach[channel] = reach;
}

static const float *cell_of(const lp_tensor_view *tensor, int y, int x) {
    return (const float *)tensor->data + y * tensor->row_stride + x * tensor->cell_stride;
}

/* Finds the range of each channel in this tensor. Returns 0 if a value is not finite. */
static int find_ends(const lp_tensor_view *tensor, float *low, float *high) {
    int finite = 1;

    for (int y = 0; y < tensor->height; y++)
        for (int x = 0; x < tensor->width; x++) {
            const float *const cell = cell_of(tensor, y, x);
            for (int c = 0; c < tensor->channels; c++) {
                finite &= fabsf(cell[c]) <= LP_HISTOGRAM_MOST;
                low[c] = fminf(low[c], cell[c]);
                high[c] = fmaxf(high[c], cell[c]);
            }
        }
    return finite;
}

int lp_histogram_add(lp_histogram *histogram, const lp_tensor_view *tensor) {
    float low[LP_MAX_CHANNELS] = {0}, high[LP_MAX_CHANNELS] = {0}, per_bin[LP_MAX_CHANNELS];

    if (!find_ends(tensor, low, high))
        return 0;
    for (int c = 0; c < histogram->channels; c++) {
        const float most = fmaxf(-low[c], high[c]);
        histogram->low[c] = fminf(histogram->low[c], low[c]);
        histogram->high[c] = fmaxf(histogram->high[c], high[c]);
        if (most > 0 && !(most < histogram->reach[c]))
            grow(histogram, c, reach_of(most));
        per_bin[c] = histogram->reach[c] > 0 ? BINS / histogram->reach[c] : 0;
    }
    for (int y = 0; y < tensor->height; y++)
        for (int x = 0; x < tensor->width; x++) {
            const float *const cell = cell_of(tensor, y, x);
            for (int c = 0; c < histogram->channels; c++) {
                if (cell[c] == 0)
                    continue;
                uint32_t *const count = histogram->counts + (size_t)c * BINS + (int)(fabsf(cell[c]) * per_bin[c]);
                *count += *count != UINT32_MAX;
            }
        }
    histogram->cells += (uint64_t)tensor->width * (uint64_t)tensor->height;
    return 1;
}

/* ---- Choosing ---------------------------------------------------------------------------------------------------- */

/* The magnitudes of one or more channels, with a common reach. */
typedef struct magnitudes {
    float low, high, reach;
    uint64_t counts[BINS];
} magnitudes;

static void add_channels(const lp_histogram *histogram, int first, int end, magnitudes *p) {
    memset(p, 0, sizeof *p);
    for (int c = first; c < end; c++) {
        p->low = fminf(p->low, histogram->low[c]);
        p->high = fmaxf(p->high, histogram->high[c]);
        p->reach = fmaxf(p->reach, histogram->reach[c]);
    }
    for (int c = first; c < end; c++)
        if (histogram->reach[c] > 0)
            merge(histogram->counts + (size_t)c * BINS, shift_to(histogram->reach[c], p->reach), p->counts);
}

/* The magnitude that `share` percent of the values do not exceed. */
static double percentile(const magnitudes *p, double share) {
    double total = 0, beyond = 0;
    int i = BINS;

    for (int j = 0; j < BINS; j++)
        total += (double)p->counts[j];
    while (i > 1 && beyond + (double)p->counts[i - 1] <= total * (100 - share) / 100 + 1e-6)
        beyond += (double)p->counts[--i];
    return i * (double)p->reach / BINS;
}

/* The limit m with the least squared error: values up to m are rounded to steps of m / steps, with a mean error of
 * step^2 / 12; larger ones are clamped to m. Values are assumed to lie in the middle of their bins. Rounding errors
 * have either sign and average out in the following layers. Clamping errors have one sign and occur in many channels at
 * once where there is a person, so they count LP_HISTOGRAM_CUT_OFF times (the maps' error with 1, 4, 16 and 64:
 * weights/README.md). */
static double least_error(const magnitudes *p, int steps) {
    const double width = (double)p->reach / BINS;
    double inside = 0, count = 0, sum = 0, squares = 0, best = INFINITY, chosen = (double)p->reach;

    for (int i = 0; i < BINS; i++)
        inside += (double)p->counts[i];
    /* m is the upper edge of bin i - 1; count, sum and squares are those of the bins above it. */
    for (int i = BINS; i > 0; i--) {
        const double m = i * width, step = m / steps;
        const double cut_off = squares - 2 * m * sum + m * m * count;
        const double error = inside * step * step / 12 + LP_HISTOGRAM_CUT_OFF * cut_off;
        if (error < best) {
            best = error;
            chosen = m;
        }
        const double n = (double)p->counts[i - 1], middle = (i - 0.5) * width;
        inside -= n;
        count += n;
        sum += n * middle;
        squares += n * middle * middle;
    }
    return chosen;
}

static void choose(const magnitudes *p, const lp_range_rule *rule, float *low, float *high) {
    double most = INFINITY;

    if (rule->method == LIGHTPOSE_CALIBRATION_PERCENTILE)
        most = percentile(p, rule->share);
    else if (rule->method == LIGHTPOSE_CALIBRATION_MSE)
        most = least_error(p, rule->steps);
    *low = fmaxf(p->low, (float)-most);
    *high = fminf(p->high, (float)most);
}

void lp_histogram_ranges(const lp_histogram *histogram, const lp_range_rule *rule, float *low, float *high) {
    magnitudes p;
    float whole_low, whole_high;

    add_channels(histogram, 0, histogram->channels, &p);
    choose(&p, rule, &whole_low, &whole_high);
    if (!(p.reach > 0))
        whole_high = 1;
    for (int c = 0; c < (rule->per_channel ? histogram->channels : 1); c++) {
        low[c] = whole_low;
        high[c] = whole_high;
        if (!rule->per_channel || !(histogram->reach[c] > 0))
            continue;
        add_channels(histogram, c, c + 1, &p);
        choose(&p, rule, &low[c], &high[c]);
    }
}
