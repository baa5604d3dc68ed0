/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Who is paired with whom in lightpose diff. */

#include "check.h"

#include "diff/compare.h"

#include <math.h>

static lp_diff_person person_at(double x, double y) {
    lp_diff_person person = {.present = (1u << LIGHTPOSE_KEYPOINTS) - 1, .id = -1};
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        person.x[k] = (float)(x + 10 * (k % 3));
        person.y[k] = (float)(y + 10 * (k / 3));
    }
    return person;
}

static void similarity_is_cocos(void **state) {
    const unsigned all = (1u << LIGHTPOSE_KEYPOINTS) - 1;
    const lp_diff_person a = person_at(0, 0);
    lp_diff_person b = a;

    (void)state;
    assert_true(lp_diff_similarity(&a, &a, all) == 1);
    b.x[0] += 2; /* the nose: sigma 0.026; the box stays 20 x 50 */
    b.y[0] += 1;
    const double nose = exp(-5 / (2 * 1000.0 * 4 * 0.026 * 0.026));
    assert_true(fabs(lp_diff_similarity(&a, &b, all) - (17 + nose) / 18) < 1e-6);
    assert_true(lp_diff_similarity(&a, &b, all) == lp_diff_similarity(&b, &a, all));
    assert_true(fabs(lp_diff_similarity(&a, &b, 1) - nose) < 1e-6);
    b = a;
    b.present &= ~7u; /* three keypoints are in one alone */
    assert_true(fabs(lp_diff_similarity(&a, &b, all) - 15.0 / 18) < 1e-12);
    b.present = 0;
    assert_true(lp_diff_similarity(&a, &b, all) == 0);
    assert_true(lp_diff_similarity(&b, &b, all) == 0);
}

/* docs/algorithm.md 9's list, with left and right apart. */
static void every_keypoint_has_its_sigma(void **state) {
    static const double nose = .026, neck = .079, arm[] = {.079, .072, .062}, leg[] = {.107, .087, .089};
    const double sigma[LIGHTPOSE_KEYPOINTS] = {nose,   neck,   arm[0], arm[1], arm[2], arm[0], arm[1], arm[2], leg[0],
                                               leg[1], leg[2], leg[0], leg[1], leg[2], .025,   .025,   .035,   .035};
    const lp_diff_person a = person_at(0, 0);

    (void)state;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        lp_diff_person b = a;
        b.x[k] += k % 3 == 2 ? -3 : 3; /* inwards: the box stays */
        const double wanted = exp(-9 / (2 * 1000.0 * 4 * sigma[k] * sigma[k]));
        assert_true(fabs(lp_diff_similarity(&a, &b, 1u << k) - wanted) < 1e-6);
    }
}

static void the_most_similar_are_paired(void **state) {
    const unsigned all = (1u << LIGHTPOSE_KEYPOINTS) - 1;
    const lp_diff_person a[] = {person_at(0, 0), person_at(3, 0), person_at(500, 0)};
    const lp_diff_person b[] = {person_at(900, 0), person_at(3.5, 0), person_at(1, 0)};
    lp_diff_pair pairs[3];

    (void)state;
    assert_int_equal(lp_diff_match(a, 3, b, 3, all, pairs), 2);
    assert_int_equal(pairs[0].a, 1); /* half a pixel apart goes before one */
    assert_int_equal(pairs[0].b, 1);
    assert_int_equal(pairs[1].a, 0);
    assert_int_equal(pairs[1].b, 2);
    const lp_diff_person same[] = {person_at(0, 0), person_at(0, 0)};
    assert_int_equal(lp_diff_match(same, 2, same, 2, all, pairs), 2);
    assert_true(pairs[0].a == 0 && pairs[0].b == 0 && pairs[1].a == 1 && pairs[1].b == 1);
    assert_int_equal(lp_diff_match(a, 0, b, 3, all, pairs), 0);
}

static void percentiles(void **state) {
    const float values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    (void)state;
    assert_true(lp_diff_percentile(values, 10, 0.5) == 5);
    assert_true(lp_diff_percentile(values, 10, 0.51) == 6);
    assert_true(lp_diff_percentile(values, 10, 0.95) == 10);
    assert_true(lp_diff_percentile(values, 10, 0.9) == 9);
    assert_true(lp_diff_percentile(values, 10, 0) == 1);
    assert_true(lp_diff_percentile(values, 1, 0.5) == 1);
    assert_true(lp_diff_percentile(values, 0, 0.5) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(similarity_is_cocos),
        cmocka_unit_test(every_keypoint_has_its_sigma),
        cmocka_unit_test(the_most_similar_are_paired),
        cmocka_unit_test(percentiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
