/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "decode/body_prior.h"

#include <math.h>

/* The covariance of the known keypoints, factored as L L', and vectors multiplied by the inverse of L. */
typedef struct whitener {
    int count;
    int known[LIGHTPOSE_KEYPOINTS];
    lp_pair lower[LIGHTPOSE_KEYPOINTS][LIGHTPOSE_KEYPOINTS];
    lp_pair inverse[LIGHTPOSE_KEYPOINTS]; /* of the diagonal */
} whitener;

static inline lp_pair both(double value) {
    return (lp_pair){value, value};
}

static inline lp_pair covariance(int a, int b) {
    return a > b ? lp_body_prior_covariance[a * (a + 1) / 2 + b] : lp_body_prior_covariance[b * (b + 1) / 2 + a];
}

static inline lp_pair root(lp_pair value) {
    return (lp_pair){sqrt(value[0]), sqrt(value[1])};
}

static void factorise(whitener *w) {
    for (int i = 0; i < w->count; i++) {
        for (int j = 0; j <= i; j++) {
            lp_pair sum = covariance(w->known[i], w->known[j]);
            if (i == j)
                sum += both(LP_BODY_PRIOR_NOISE);
            for (int k = 0; k < j; k++)
                sum -= w->lower[i][k] * w->lower[j][k];
            if (i == j)
                w->inverse[i] = both(1) / root(sum); /* positive: the table's matrix is, and noise was added */
            else
                w->lower[i][j] = sum * w->inverse[j];
        }
    }
}

static void whiten(const whitener *w, lp_pair *values) {
    for (int i = 0; i < w->count; i++) {
        for (int j = 0; j < i; j++)
            values[i] -= w->lower[i][j] * values[j];
        values[i] *= w->inverse[i];
    }
}

static lp_pair dot(const lp_pair *a, const lp_pair *b, int count) {
    lp_pair sum = both(0);

    for (int i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

void lp_body_prior_fit(lp_body_prior *prior, const lp_pair *places, const int *known) {
    lp_pair one[LIGHTPOSE_KEYPOINTS], mean[LIGHTPOSE_KEYPOINTS], place[LIGHTPOSE_KEYPOINTS];
    whitener w = {0};

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        if (!known[k])
            continue;
        one[w.count] = both(1);
        mean[w.count] = lp_body_prior_mean[k];
        place[w.count] = places[k];
        w.known[w.count++] = k;
    }
    factorise(&w);
    whiten(&w, one);
    whiten(&w, mean);
    whiten(&w, place);

    const int n = w.count;
    const lp_pair weight = dot(one, one, n), ones_mean = dot(one, mean, n), ones_place = dot(one, place, n);
    const lp_pair b = dot(mean, place, n) - ones_mean * ones_place / weight;
    const lp_pair c = dot(place, place, n) - ones_place * ones_place / weight;
    const double free = 2 * (n - 1), linear = b[0] + b[1], square = fmax(c[0] + c[1], 0);
    const double scale =
        fmax((sqrt(linear * linear + 4 * free * square) - linear) / (2 * free), LP_BODY_PRIOR_MIN_SCALE);
    const lp_pair at = (ones_place - scale * ones_mean) / weight;

    lp_pair rest[LIGHTPOSE_KEYPOINTS];
    for (int i = 0; i < n; i++)
        rest[i] = place[i] - at * one[i] - scale * mean[i];
    prior->scale = scale;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        lp_pair with[LIGHTPOSE_KEYPOINTS];
        if (known[k])
            continue;
        for (int i = 0; i < n; i++)
            with[i] = covariance(k, w.known[i]);
        whiten(&w, with);
        const lp_pair left = covariance(k, k) - dot(with, with, n);
        prior->place[k] = at + scale * lp_body_prior_mean[k] + dot(with, rest, n);
        for (int axis = 0; axis < 2; axis++)
            prior->variance[k][axis] = scale * scale * fmax(left[axis], LP_BODY_PRIOR_LEAST);
    }
}

double lp_body_prior_distance(const lp_body_prior *prior, int k, lp_pair place) {
    const lp_pair off = place - prior->place[k], squares = off * off / (prior->variance[k] + both(LP_BODY_PRIOR_CELL));
    return squares[0] + squares[1];
}

double lp_body_prior_distance_between(int a, int b) {
    const lp_pair off = lp_body_prior_mean[a] - lp_body_prior_mean[b];
    const lp_pair square = off * off + covariance(a, a) + covariance(b, b) - 2 * covariance(a, b);
    return sqrt(square[0] + square[1]);
}
