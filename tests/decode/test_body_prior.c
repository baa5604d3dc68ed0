/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The body prior (decode/body_prior.h) against the formulas of its Gaussian, written out with full matrices and
 * Gaussian elimination, and the properties of its table. */

#include "check.h"

#include <math.h>

#include "decode/body_prior.h"
#include "made_maps.h"
#include "near.h"

enum { KEYS = LIGHTPOSE_KEYPOINTS, ROUNDS = 300 };

static const int mirror[KEYS] = {0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16};

static double table(int axis, int a, int b) {
    const int row = a > b ? a : b, column = a > b ? b : a;
    return lp_body_prior_covariance[row * (row + 1) / 2 + column][axis];
}

/* The inverse of an n x n matrix by elimination with pivots; returns the logarithm of its determinant. */
static double invert(int n, double m[KEYS][KEYS], double inverse[KEYS][KEYS]) {
    double work[KEYS][2 * KEYS] = {{0}}, log_determinant = 0;

    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            work[i][j] = m[i][j];
        work[i][n + i] = 1;
    }
    for (int column = 0; column < n; column++) {
        int pivot = column;
        for (int i = column; i < n; i++)
            pivot = fabs(work[i][column]) > fabs(work[pivot][column]) ? i : pivot;
        for (int j = 0; j < 2 * n; j++) {
            const double swapped = work[column][j];
            work[column][j] = work[pivot][j];
            work[pivot][j] = swapped;
        }
        const double head = work[column][column];
        log_determinant += log(fabs(head));
        for (int j = 0; j < 2 * n; j++)
            work[column][j] /= head;
        for (int i = 0; i < n; i++) {
            const double factor = work[i][column];
            for (int j = 0; j < 2 * n && i != column; j++)
                work[i][j] -= factor * work[column][j];
        }
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            inverse[i][j] = work[i][n + j];
    return log_determinant;
}

/* ---- Known keypoints, and what follows from them */

typedef struct sight {
    int known[KEYS];
    int list[KEYS], count;
    lp_pair place[KEYS];
} sight;

/* `least` to all of the keypoints, of a body drawn from no model: the mean at some scale and place, shaken. */
static sight random_sight(made_random *random, int least) {
    const double scale = made_uniform(random, 4, 20), x = made_uniform(random, -20, 60),
                 y = made_uniform(random, -20, 60);
    const float shaken = made_uniform(random, 0.02f, 0.4f);
    const int wanted = least + made_below(random, KEYS - least); /* one is unknown */
    sight s = {.count = 0};

    while (s.count < wanted) {
        const int k = made_below(random, KEYS);
        s.count += !s.known[k];
        s.known[k] = 1;
    }
    for (int k = 0, n = 0; k < KEYS; k++) {
        const lp_pair off = {made_uniform(random, -shaken, shaken), made_uniform(random, -shaken, shaken)};
        s.place[k] = s.known[k] ? (lp_pair){x, y} + scale * (lp_body_prior_mean[k] + off) : (lp_pair){NAN, NAN};
        if (s.known[k])
            s.list[n++] = k;
    }
    return s;
}

static void known_covariance(const sight *s, int axis, double m[KEYS][KEYS]) {
    for (int i = 0; i < s->count; i++)
        for (int j = 0; j < s->count; j++)
            m[i][j] = table(axis, s->list[i], s->list[j]) + (i == j ? LP_BODY_PRIOR_NOISE : 0);
}

/* The likelihood of a scale, as a logarithm. Where the body prior stands is unknown; the differences between the places
 * and the first of them do not depend on it, and are jointly normal. */
static double likelihood(const sight *s, double scale) {
    const int n = s->count - 1;
    double sum = 0;

    for (int axis = 0; axis < 2; axis++) {
        double all[KEYS][KEYS], m[KEYS][KEYS], inverse[KEYS][KEYS], off[KEYS];
        known_covariance(s, axis, all);
        for (int i = 0; i < n; i++) {
            const int a = s->list[i + 1], first = s->list[0];
            for (int j = 0; j < n; j++)
                m[i][j] = scale * scale * (all[i + 1][j + 1] - all[i + 1][0] - all[0][j + 1] + all[0][0]);
            off[i] = s->place[a][axis] - s->place[first][axis] -
                     scale * (lp_body_prior_mean[a][axis] - lp_body_prior_mean[first][axis]);
        }
        sum -= invert(n, m, inverse) / 2;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                sum -= off[i] * inverse[i][j] * off[j] / 2;
    }
    return sum;
}

/* The conditional mean and variance of keypoint `k` at a given scale, the standpoint by generalised least squares. */
static void expect(const sight *s, double scale, int axis, int k, double *place, double *variance) {
    double m[KEYS][KEYS], inverse[KEYS][KEYS], weight = 0, stand = 0;

    known_covariance(s, axis, m);
    invert(s->count, m, inverse);
    for (int i = 0; i < s->count; i++) {
        for (int j = 0; j < s->count; j++) {
            const int b = s->list[j];
            weight += inverse[i][j];
            stand += inverse[i][j] * (s->place[b][axis] - scale * lp_body_prior_mean[b][axis]);
        }
    }
    stand /= weight;
    *place = stand + scale * lp_body_prior_mean[k][axis];
    *variance = table(axis, k, k);
    for (int i = 0; i < s->count; i++) {
        for (int j = 0; j < s->count; j++) {
            const int a = s->list[i], b = s->list[j];
            const double gain = table(axis, k, a) * inverse[i][j];
            *place += gain * (s->place[b][axis] - stand - scale * lp_body_prior_mean[b][axis]);
            *variance -= gain * table(axis, b, k);
        }
    }
    *variance = scale * scale * fmax(*variance, LP_BODY_PRIOR_LEAST);
}

static void the_scale_is_the_likeliest(void **state) {
    made_random random = {1};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        const sight s = random_sight(&random, 2);
        lp_body_prior prior;
        lp_body_prior_fit(&prior, s.place, s.known);
        if (prior.scale == LP_BODY_PRIOR_MIN_SCALE) /* then the likeliest is below */
            continue;
        const double there = likelihood(&s, prior.scale);
        assert_true(there > likelihood(&s, prior.scale * (1 - 1e-3)));
        assert_true(there > likelihood(&s, prior.scale * (1 + 1e-3)));
        for (double factor = 0.25; factor < 5; factor *= 1.5) /* and no other top is higher */
            assert_true(there >= likelihood(&s, prior.scale * factor));
    }
}

static void the_unknown_follow_from_the_known(void **state) {
    made_random random = {2};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        const sight s = random_sight(&random, 2);
        lp_body_prior prior;
        lp_body_prior_fit(&prior, s.place, s.known);
        for (int k = 0; k < KEYS; k++) {
            for (int axis = 0; axis < 2 && !s.known[k]; axis++) {
                double place, variance;
                expect(&s, prior.scale, axis, k, &place, &variance);
                assert_near(prior.place[k][axis], place, 1e-9);
                assert_near(prior.variance[k][axis], variance, 1e-9);
            }
        }
    }
}

static void places_moved_and_magnified_move_and_magnify_all(void **state) {
    made_random random = {3};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        sight s = random_sight(&random, 3);
        const lp_pair by = {made_uniform(&random, -50, 50), made_uniform(&random, -50, 50)};
        const double factor = made_uniform(&random, 1, 4);
        lp_body_prior before, after;
        lp_body_prior_fit(&before, s.place, s.known);
        for (int k = 0; k < KEYS; k++)
            s.place[k] = s.place[k] * factor + by;
        lp_body_prior_fit(&after, s.place, s.known);
        if (before.scale == LP_BODY_PRIOR_MIN_SCALE)
            continue;
        assert_near(after.scale, factor * before.scale, 1e-9);
        for (int k = 0; k < KEYS; k++) {
            for (int axis = 0; axis < 2 && !s.known[k]; axis++) {
                assert_near(after.place[k][axis], factor * before.place[k][axis] + by[axis], 1e-9);
                assert_near(after.variance[k][axis], factor * factor * before.variance[k][axis], 1e-9);
            }
        }
    }
}

/* Keypoints in one place are no person of no size. */
static void the_scale_has_a_least(void **state) {
    sight s = {.count = 2};
    lp_body_prior prior;

    (void)state;
    s.known[0] = s.known[10] = 1;
    s.place[0] = s.place[10] = (lp_pair){7, 9};
    lp_body_prior_fit(&prior, s.place, s.known);
    assert_true(prior.scale == LP_BODY_PRIOR_MIN_SCALE);
    for (int k = 0; k < KEYS; k++)
        for (int axis = 0; axis < 2 && !s.known[k]; axis++)
            assert_true(isfinite(prior.place[k][axis]) && prior.variance[k][axis] > 0);
}

static void distances_are_in_standard_deviations(void **state) {
    lp_body_prior prior = {.scale = 8};

    (void)state;
    prior.place[4] = (lp_pair){10, 20};
    prior.variance[4] = (lp_pair){4 - LP_BODY_PRIOR_CELL, 9 - LP_BODY_PRIOR_CELL};
    assert_near(lp_body_prior_distance(&prior, 4, (lp_pair){10, 20}), 0, 0);
    assert_near(lp_body_prior_distance(&prior, 4, (lp_pair){14, 20}), 4, 1e-12);
    assert_near(lp_body_prior_distance(&prior, 4, (lp_pair){14, 23}), 5, 1e-12);
}

/* ---- The table */

static void the_table_is_mirror_symmetric(void **state) {
    (void)state;
    for (int a = 0; a < KEYS; a++) {
        assert_near(lp_body_prior_mean[a][0], -lp_body_prior_mean[mirror[a]][0], 0);
        assert_near(lp_body_prior_mean[a][1], lp_body_prior_mean[mirror[a]][1], 0);
        for (int b = 0; b < KEYS; b++)
            for (int axis = 0; axis < 2; axis++)
                assert_near(table(axis, a, b), table(axis, mirror[a], mirror[b]), 0);
    }
}

/* What the factorisation in body_prior.c relies on. */
static void the_covariances_are_positive_definite(void **state) {
    (void)state;
    for (int axis = 0; axis < 2; axis++) {
        double lower[KEYS][KEYS] = {{0}};
        for (int i = 0; i < KEYS; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = table(axis, i, j);
                for (int k = 0; k < j; k++)
                    sum -= lower[i][k] * lower[j][k];
                if (i == j && !(sum > 1e-5)) /* ten times what the table rounds to */
                    fail_msg("axis %d, keypoint %d: the pivot is %g", axis, i, sum);
                lower[i][j] = i == j ? sqrt(sum) : sum / lower[j][j];
            }
        }
    }
}

static void a_person_stands_upright(void **state) {
    static const int downwards[] = {14, 0, 1, 8, 9, 10}; /* eye, nose, neck, hip, knee, ankle */

    (void)state;
    for (size_t i = 1; i < sizeof downwards / sizeof *downwards; i++)
        assert_true(lp_body_prior_mean[downwards[i]][1] > lp_body_prior_mean[downwards[i - 1]][1]);
    for (int k = 2; k < KEYS; k++) /* the picture's left is a person's right, as people face the camera */
        assert_true((lp_body_prior_mean[k][0] < 0) == (k < 5 || (k >= 8 && k < 11) || k == 14 || k == 16));
}

static void distances_between_keypoints_are_symmetric(void **state) {
    (void)state;
    for (int a = 0; a < KEYS; a++) {
        assert_near(lp_body_prior_distance_between(a, a), 0, 0);
        for (int b = 0; b < a; b++) {
            const double distance = lp_body_prior_distance_between(a, b);
            const lp_pair off = lp_body_prior_mean[a] - lp_body_prior_mean[b];
            assert_near(distance, lp_body_prior_distance_between(b, a), 1e-12);
            assert_true(distance > hypot(off[0], off[1])); /* the means' own distance, and the variation */
            assert_near(distance, lp_body_prior_distance_between(mirror[a], mirror[b]), 1e-12);
        }
    }
}

/* The mean square of a distance, by drawing many persons. */
static void distances_between_keypoints_are_those_of_persons(void **state) {
    enum { PERSONS = 20000, WRIST = 4, ANKLE = 10 };
    made_random random = {4};
    double sum = 0;

    (void)state;
    for (int person = 0; person < PERSONS; person++) {
        for (int axis = 0; axis < 2; axis++) {
            const double a = table(axis, WRIST, WRIST), ab = table(axis, WRIST, ANKLE), b = table(axis, ANKLE, ANKLE);
            double normal[2] = {0};
            for (int i = 0; i < 24; i++) /* each a sum of twelve of variance 1/12 */
                normal[i / 12] += made_uniform(&random, -0.5f, 0.5f);
            const double wrist = lp_body_prior_mean[WRIST][axis] + sqrt(a) * normal[0];
            const double ankle =
                lp_body_prior_mean[ANKLE][axis] + ab / sqrt(a) * normal[0] + sqrt(b - ab * ab / a) * normal[1];
            sum += (wrist - ankle) * (wrist - ankle);
        }
    }
    assert_near(lp_body_prior_distance_between(WRIST, ANKLE), sqrt(sum / PERSONS), 0.02); /* six standard errors */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scale_is_the_likeliest),
        cmocka_unit_test(the_unknown_follow_from_the_known),
        cmocka_unit_test(places_moved_and_magnified_move_and_magnify_all),
        cmocka_unit_test(the_scale_has_a_least),
        cmocka_unit_test(distances_are_in_standard_deviations),
        cmocka_unit_test(the_table_is_mirror_symmetric),
        cmocka_unit_test(the_covariances_are_positive_definite),
        cmocka_unit_test(a_person_stands_upright),
        cmocka_unit_test(distances_between_keypoints_are_symmetric),
        cmocka_unit_test(distances_between_keypoints_are_those_of_persons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
