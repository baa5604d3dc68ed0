/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which pairs of peaks the decoder `reference` links, and by which score. docs/algorithm.md 6, 7. */

#include "check.h"

#include <math.h>

#include "reference_rules.h"

static void the_point_threshold_is_strict(void **state) {
    const float ux = 9.f / (9.f + 1e-6f);
    float exact = 0.05f;

    (void)state;
    while (ux * exact < 0.05f)
        exact = nextafterf(exact, 1);
    assert_true(ux * exact == 0.05f);
    arm(5, 14, 5, exact);
    assert_int_equal(link_count(NECK_R_SHOULDER), 0);
    arm(5, 14, 5, nextafterf(exact, 1));
    assert_int_equal(link_count(NECK_R_SHOULDER), 1);
}

static void nine_points_of_ten_make_a_limb_and_eight_do_not(void **state) {
    (void)state;
    for (int missing = 0; missing < 10; missing++) {
        arm(5, 14, 5, 0.8f);
        *made_paf(&maps, lp_skeleton_limbs[NECK_R_SHOULDER].paf_x, 5 + missing, 5) = -1;
        assert_int_equal(link_count(NECK_R_SHOULDER), 1);
        for (int other = 0; other < missing; other++) {
            *made_paf(&maps, lp_skeleton_limbs[NECK_R_SHOULDER].paf_x, 5 + other, 5) = 0.05f;
            assert_int_equal(link_count(NECK_R_SHOULDER), 0);
            *made_paf(&maps, lp_skeleton_limbs[NECK_R_SHOULDER].paf_x, 5 + other, 5) = 0.8f;
        }
    }
}

/* The point that fails is left out of the mean, however bad. */
static void the_score_is_the_mean_of_the_points_that_support_it(void **state) {
    (void)state;
    arm(5, 14, 5, 0.8f);
    *made_paf(&maps, lp_skeleton_limbs[NECK_R_SHOULDER].paf_x, 8, 5) = -100;
    *made_paf(&maps, lp_skeleton_limbs[NECK_R_SHOULDER].paf_x, 9, 5) = 0.35f;
    assert_int_equal(link_count(NECK_R_SHOULDER), 1);
    assert_float_equal(link_at(NECK_R_SHOULDER, 0).score, (8 * 0.8 + 0.35) / 9, 1e-6);
}

/* With three points the middle one of an odd distance lies between two pixels: 0.5 goes to 0, 1.5 to 2, 2.5 to 2. */
static void halves_round_to_even(void **state) {
    static const int middle[] = {0, 2, 2};

    (void)state;
    settings.limb_samples = 3;
    settings.limb_ratio = 0.9f;
    for (int i = 0; i < 3; i++) {
        const int far = 2 * i + 1;
        for (int wrong = 0; wrong < 2; wrong++) {
            made_free(&maps);
            maps = made_maps(WIDTH, HEIGHT, MADE_PLANAR);
            peak(NECK, 0, 5, 0.5f);
            peak(R_SHOULDER, far, 5, 0.5f);
            for (int x = 0; x <= far; x++)
                *made_paf(&maps, lp_skeleton_limbs[NECK_R_SHOULDER].paf_x, x, 5) =
                    x == 0 || x == far || (x == middle[i]) != wrong ? 0.5f : 0;
            if (wrong && middle[i] > 0)
                *made_paf(&maps, lp_skeleton_limbs[NECK_R_SHOULDER].paf_x, middle[i], 5) = 0;
            if (wrong && middle[i] == 0)
                *made_paf(&maps, lp_skeleton_limbs[NECK_R_SHOULDER].paf_x, 0, 5) = 0;
            assert_int_equal(link_count(NECK_R_SHOULDER), !wrong);
        }
    }
}

static void coincident_peaks_never_join(void **state) {
    (void)state;
    peak(NECK, 5, 5, 0.9f);
    peak(R_SHOULDER, 5, 5, 0.9f);
    for (int map = 0; map < LIGHTPOSE_PAFS; map++)
        *made_paf(&maps, map, 5, 5) = 1;
    assert_int_equal(link_count(NECK_R_SHOULDER), 0);
    settings.limb_threshold = 0;
    settings.limb_ratio = 0;
    assert_int_equal(link_count(NECK_R_SHOULDER), 0);
}

/* A field against the limb's direction does not support it. */
static void limbs_have_a_direction(void **state) {
    (void)state;
    peak(NECK, 14, 5, 0.5f);
    peak(R_SHOULDER, 5, 5, 0.5f);
    field(NECK_R_SHOULDER, 5, 5, 14, 5, 0.8f);
    assert_int_equal(link_count(NECK_R_SHOULDER), 0);
}

/* Two necks and two shoulders in a square of equal fields: the links are those of the lowest a, then b. */
static void equal_scores_go_by_a_then_b(void **state) {
    (void)state;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            *made_paf(&maps, lp_skeleton_limbs[NECK_R_SHOULDER].paf_x, x, y) = 0.5f;
    peak(NECK, 5, 5, 0.5f);
    peak(NECK, 5, 11, 0.5f);
    peak(R_SHOULDER, 14, 5, 0.5f);
    peak(R_SHOULDER, 14, 11, 0.5f);
    /* Straight pairs score higher than slanting ones. */
    assert_int_equal(link_count(NECK_R_SHOULDER), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(link_at(NECK_R_SHOULDER, i).a, i);
        assert_int_equal(link_at(NECK_R_SHOULDER, i).b, i);
    }
    assert_true(link_at(NECK_R_SHOULDER, 0).score == link_at(NECK_R_SHOULDER, 1).score);
    /* One neck halfway between both shoulders: a tie, which the upper shoulder, b 0, wins. */
    peak(NECK, 5, 5, 0);
    peak(NECK, 5, 11, 0);
    peak(NECK, 5, 8, 0.5f);
    assert_int_equal(link_count(NECK_R_SHOULDER), 1);
    assert_int_equal(link_at(NECK_R_SHOULDER, 0).b, 0);
    /* And one shoulder between two necks: a 0. */
    peak(NECK, 5, 8, 0);
    peak(NECK, 5, 5, 0.5f);
    peak(NECK, 5, 11, 0.5f);
    peak(R_SHOULDER, 14, 5, 0);
    peak(R_SHOULDER, 14, 11, 0);
    peak(R_SHOULDER, 14, 8, 0.5f);
    assert_int_equal(link_count(NECK_R_SHOULDER), 1);
    assert_int_equal(link_at(NECK_R_SHOULDER, 0).a, 0);
}

/* The best pair goes first, even where another choice would leave two links. */
static void pairs_are_accepted_greedily(void **state) {
    (void)state;
    peak(NECK, 5, 5, 0.5f);
    peak(NECK, 5, 20, 0.5f);
    peak(R_SHOULDER, 15, 5, 0.5f);
    peak(R_SHOULDER, 15, 20, 0.5f);
    field(NECK_R_SHOULDER, 5, 5, 15, 5, 0.5f);
    field(NECK_R_SHOULDER, 5, 20, 15, 5, 0.9f);
    assert_int_equal(link_count(NECK_R_SHOULDER), 1);
    assert_int_equal(link_at(NECK_R_SHOULDER, 0).a, 1);
    assert_int_equal(link_at(NECK_R_SHOULDER, 0).b, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RULE(the_point_threshold_is_strict),
        RULE(nine_points_of_ten_make_a_limb_and_eight_do_not),
        RULE(the_score_is_the_mean_of_the_points_that_support_it),
        RULE(halves_round_to_even),
        RULE(coincident_peaks_never_join),
        RULE(limbs_have_a_direction),
        RULE(equal_scores_go_by_a_then_b),
        RULE(pairs_are_accepted_greedily),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
