/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* How the decoder `reference` makes persons of links, and which of them stay. docs/algorithm.md 6, 7. */

#include "check.h"

#include <math.h>

#include "reference_rules.h"

/* Neck at (20, 10), shoulders to both sides. */
static void torso(float keypoint, float limb) {
    peak(NECK, 20, 10, keypoint);
    peak(R_SHOULDER, 10, 10, keypoint);
    peak(L_SHOULDER, 30, 10, keypoint);
    field(NECK_R_SHOULDER, 20, 10, 10, 10, limb);
    field(NECK_L_SHOULDER, 20, 10, 30, 10, limb);
}

static void persons_of_two_keypoints_are_dropped(void **state) {
    (void)state;
    arm(5, 14, 5, 0.9f);
    assert_int_equal(decode().count, 0);
    settings.min_keypoints = 2;
    assert_int_equal(decode().count, 1);
    settings.min_keypoints = 3;
    torso(0.9f, 0.9f);
    const lp_people people = decode();
    assert_int_equal(people.count, 1);
    assert_int_equal(people.persons[0].count, 3);
    assert_int_equal(people.persons[0].state[NECK], LIGHTPOSE_DETECTED);
    assert_int_equal(people.persons[0].state[NOSE], LIGHTPOSE_MISSING);
    assert_float_equal(people.persons[0].sum, 5 * 0.9, 1e-5);
    assert_float_equal(people.persons[0].score, 0.9, 1e-5);
    assert_float_equal(people.persons[0].rank, 5 * 0.9 * 2, 1e-5);
}

/* Three keypoints and two limbs: the sum per keypoint is 0.1 + 2 / 3 x the limbs' score. */
static void a_mean_of_exactly_the_least_score_stays(void **state) {
    (void)state;
    torso(0.1f, 0.2f);
    const lp_people people = decode();
    assert_int_equal(people.count, 1);
    settings.min_score = (float)(people.persons[0].sum / 3);
    assert_int_equal(decode().count, 1);
    settings.min_score = nextafterf(settings.min_score, 1);
    assert_int_equal(decode().count, 0);
    settings.min_score = 0.2f;
    torso(0.1f, 0.151f);
    assert_int_equal(decode().count, 1);
    torso(0.1f, 0.149f);
    assert_int_equal(decode().count, 0);
}

/* Two necks, each linked to a shoulder, are two persons, and nothing merges them. */
static void fragments_stay_apart(void **state) {
    (void)state;
    torso(0.9f, 0.9f);
    peak(NOSE, 20, 2, 0.9f);
    peak(R_EYE, 28, 2, 0.9f);
    peak(R_EAR, 36, 2, 0.9f);
    field(NOSE_R_EYE, 20, 2, 28, 2, 0.9f);
    field(R_EYE_EAR, 28, 2, 36, 2, 0.9f);
    const lp_people people = decode();
    assert_int_equal(people.count, 2);
    assert_int_equal(people.persons[0].state[NOSE] + people.persons[1].state[NECK], 0);
}

/* A limb whose first end nobody owns opens a person; one whose first end is owned joins it. */
static void limbs_join_the_owner_of_their_first_end(void **state) {
    (void)state;
    torso(0.9f, 0.9f);
    peak(NOSE, 20, 2, 0.4f);
    field(NECK_NOSE, 20, 10, 20, 2, 0.3f);
    const lp_people people = decode();
    assert_int_equal(people.count, 1);
    assert_int_equal(people.persons[0].count, 4);
    assert_float_equal(people.persons[0].sum, 5 * 0.9 + 0.4 + 0.3, 1e-5);
    assert_float_equal(people.persons[0].keypoint_score[NOSE], 0.4, 1e-7);
}

/* A helper gives the owner of the shoulder an ear, which counts nothing. */
static void a_helper_adds_an_ear_and_counts_nothing(void **state) {
    (void)state;
    torso(0.9f, 0.9f);
    peak(R_EAR, 10, 2, 0.7f);
    field(R_SHOULDER_EAR, 10, 10, 10, 2, 0.8f);
    const lp_people people = decode();
    assert_int_equal(people.count, 1);
    assert_int_equal(people.persons[0].state[R_EAR], LIGHTPOSE_DETECTED);
    assert_float_equal(people.persons[0].keypoint_score[R_EAR], 0.7, 1e-7);
    assert_int_equal(people.persons[0].count, 3);
    assert_float_equal(people.persons[0].sum, 5 * 0.9, 1e-5);
}

static void a_helper_opens_no_person(void **state) {
    (void)state;
    settings.min_keypoints = 1;
    peak(R_SHOULDER, 10, 10, 0.9f);
    peak(R_EAR, 10, 2, 0.9f);
    field(R_SHOULDER_EAR, 10, 10, 10, 2, 0.9f);
    assert_int_equal(link_count(R_SHOULDER_EAR), 1);
    assert_int_equal(decode().count, 0);
}

/* The owner of the shoulder gets the ear and the owner of the ear the shoulder, where they lack them: both persons then
 * share both keypoints. */
static void a_helper_makes_two_persons_share(void **state) {
    (void)state;
    torso(0.9f, 0.9f);
    peak(NOSE, 24, 2, 0.8f);
    peak(R_EYE, 17, 2, 0.8f);
    peak(R_EAR, 10, 2, 0.8f);
    field(NOSE_R_EYE, 24, 2, 17, 2, 0.8f);
    field(R_EYE_EAR, 17, 2, 10, 2, 0.8f);
    field(R_SHOULDER_EAR, 10, 10, 10, 2, 0.8f);
    const lp_people people = decode();
    assert_int_equal(people.count, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(people.persons[i].count, 3);
        assert_int_equal(people.persons[i].state[R_EAR], LIGHTPOSE_DETECTED);
        assert_int_equal(people.persons[i].state[R_SHOULDER], LIGHTPOSE_DETECTED);
    }
}

/* Where the owner of the shoulder has an ear already, the helper changes nothing for it. */
static void a_helper_overwrites_nothing(void **state) {
    (void)state;
    torso(0.9f, 0.9f);
    peak(NOSE, 20, 3, 0.9f);
    peak(R_EYE, 27, 3, 0.9f);
    peak(R_EAR, 34, 3, 0.9f);
    field(NECK_NOSE, 20, 10, 20, 3, 0.9f);
    field(NOSE_R_EYE, 20, 3, 27, 3, 0.9f);
    field(R_EYE_EAR, 27, 3, 34, 3, 0.9f);
    peak(R_EAR, 10, 2, 0.7f);
    field(R_SHOULDER_EAR, 10, 10, 10, 2, 0.8f);
    assert_int_equal(link_count(R_SHOULDER_EAR), 1);
    const lp_people people = decode();
    assert_int_equal(people.count, 1);
    assert_float_equal(people.persons[0].x[R_EAR], 34, 0);
}

/* A person with both ends of the helper's link is left as it is. */
static void a_helper_within_one_person_does_nothing(void **state) {
    (void)state;
    a_helper_overwrites_nothing(state);
    field(R_SHOULDER_EAR, 10, 10, 34, 3, 0.8f);
    peak(R_EAR, 10, 2, 0);
    assert_int_equal(link_count(R_SHOULDER_EAR), 1);
    const lp_people people = decode();
    assert_int_equal(people.count, 1);
    assert_int_equal(people.persons[0].count, 6);
}

static void small_torso(int x, int y, float keypoint) {
    peak(NECK, x, y, keypoint);
    peak(R_SHOULDER, x - 5, y, keypoint);
    peak(L_SHOULDER, x + 5, y, keypoint);
    field(NECK_R_SHOULDER, x, y, x - 5, y, 0.5f);
    field(NECK_L_SHOULDER, x, y, x + 5, y, 0.5f);
}

static void persons_come_by_rank_and_the_best_are_kept(void **state) {
    (void)state;
    small_torso(10, 5, 0.5f);
    small_torso(28, 5, 0.9f);
    small_torso(10, 20, 0.7f);
    small_torso(28, 20, 0.7f);
    lp_people people = decode();
    assert_int_equal(people.count, 4);
    assert_float_equal(people.persons[0].x[NECK], 28, 0);
    assert_float_equal(people.persons[0].y[NECK], 5, 0);
    /* The two equal ones stay in the order of grouping, which is that of their necks' links: a 1 before a 3. */
    assert_true(people.persons[1].rank == people.persons[2].rank);
    assert_float_equal(people.persons[1].x[NECK], 10, 0);
    assert_float_equal(people.persons[2].x[NECK], 28, 0);
    assert_float_equal(people.persons[3].keypoint_score[NECK], 0.5, 0);
    settings.max_people = 2;
    people = decode();
    assert_int_equal(people.count, 2);
    assert_float_equal(people.persons[1].x[NECK], 10, 0);
    assert_float_equal(people.persons[1].y[NECK], 20, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RULE(persons_of_two_keypoints_are_dropped),
        RULE(a_mean_of_exactly_the_least_score_stays),
        RULE(fragments_stay_apart),
        RULE(limbs_join_the_owner_of_their_first_end),
        RULE(a_helper_adds_an_ear_and_counts_nothing),
        RULE(a_helper_opens_no_person),
        RULE(a_helper_makes_two_persons_share),
        RULE(a_helper_overwrites_nothing),
        RULE(a_helper_within_one_person_does_nothing),
        RULE(persons_come_by_rank_and_the_best_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
