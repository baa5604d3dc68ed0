/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The paired bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, chapters 13 and 16). Images are the
 * units: the people in one image are not independent, since they share its light, crowding and scale. */

#include "eval/compare.h"

#include "eval/json_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void draw(unsigned *weights, size_t count, uint64_t *state) {
    memset(weights, 0, count * sizeof *weights);
    for (size_t i = 0; i < count; i++) /* the modulo's bias is count / 2^64 */
        weights[next_random(state) % count]++;
}

static int ascending(const void *a, const void *b) {
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Interpolates linearly between the two nearest samples, as numpy.quantile does. */
static double quantile(const double *sorted, size_t count, double q) {
    const double at = q * (double)(count - 1);
    const size_t below = (size_t)at, above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

/* `samples` are the differences of those bootstrap samples that have a person who counts. */
static void conclude(lp_difference *difference, double *samples, size_t count) {
    size_t at_most = 0, at_least = 0;

    difference->low = difference->high = 0;
    difference->p = 1;
    if (count == 0)
        return;
    qsort(samples, count, sizeof *samples, ascending);
    difference->low = quantile(samples, count, 0.025);
    difference->high = quantile(samples, count, 0.975);
    for (size_t i = 0; i < count; i++) {
        at_most += samples[i] <= 0;
        at_least += samples[i] >= 0;
    }
    const size_t fewer = at_most < at_least ? at_most : at_least;
    /* The original sample counts as one more, so that p is never 0. */
    difference->p = fmin(1, 2 * (double)(fewer + 1) / (double)(count + 1));
}

static void mark_found(const lp_labels *labels, const lp_matches *all, uint8_t *found, uint8_t bit) {
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].label[LP_OKS_50])
            found[all->list[i].label[LP_OKS_50] - labels->labels] |= bit;
}

static void count_persons(lp_comparison *comparison, const lp_labels *labels, const lp_evaluation *a,
                          const lp_evaluation *b, uint8_t *found) {
    int *const counts[4] = {&comparison->neither, &comparison->only_a, &comparison->only_b, &comparison->both};
    mark_found(labels, &a->all, found, 1);
    mark_found(labels, &b->all, found, 2);
    for (size_t i = 0; i < labels->label_count; i++)
        if (labels->labels[i].counts)
            ++*counts[found[i]];
}

lightpose_status lp_compare(lp_comparison *comparison, const lp_labels *labels, const lp_evaluation *a,
                            const lp_evaluation *b, int samples, uint64_t seed, lightpose_error *error) {
    const size_t images = labels->image_count, draws = images ? (size_t)samples : 0;
    unsigned *const weights = calloc(images + 1, sizeof *weights);
    double *const differences = calloc(draws + 1, LP_FIGURES * sizeof *differences);
    uint8_t *const found = calloc(labels->label_count + 1, 1);
    size_t counts[LP_FIGURES] = {0};
    double figures_a[LP_FIGURES], figures_b[LP_FIGURES];
    uint64_t state = seed;
    const int ready = weights && differences && found;

    *comparison = (lp_comparison){.samples = samples};
    for (size_t s = 0; ready && s < draws; s++) {
        draw(weights, images, &state);
        lp_evaluation_figures(a, weights, figures_a);
        lp_evaluation_figures(b, weights, figures_b);
        for (int f = 0; f < LP_FIGURES; f++)
            if (figures_a[f] >= 0)
                differences[(size_t)f * draws + counts[f]++] = figures_b[f] - figures_a[f];
    }
    if (ready) {
        lp_evaluation_figures(a, NULL, figures_a);
        lp_evaluation_figures(b, NULL, figures_b);
        for (int f = 0; f < LP_FIGURES; f++) {
            comparison->figures[f] = (lp_difference){.a = figures_a[f], .b = figures_b[f]};
            conclude(&comparison->figures[f], differences + (size_t)f * draws, counts[f]);
        }
        count_persons(comparison, labels, a, b, found);
    }
    free(weights);
    free(differences);
    free(found);
    return ready ? LIGHTPOSE_OK
                 : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "not enough memory for %d bootstrap samples", samples);
}
