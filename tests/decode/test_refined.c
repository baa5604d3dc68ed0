/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The persons of the decoder `refined` step by step: people like the prior's mean are drawn, something is left out,
 * moved or added, and what comes of it follows from the rule of one step. */

#include "check.h"

#include <math.h>

#include "bodies.h"
#include "decode/grouping.h"
#include "near.h"

/* ---- One person */

static void a_person_is_found_whole(void **state) {
    made_random random = {1};

    (void)state;
    for (int round = 0; round < 50; round++) {
        const double scale = made_uniform(&random, 12, 24);
        const body b = stand(scale, made_uniform(&random, 20, 70), made_uniform(&random, 18, 26));
        clear();
        draw(&b);
        const lp_person *const person = decode_one();
        assert_whole(person, &b);
        for (int k = 0; k < KEYS; k++)
            assert_near(person->keypoint_score[k], 0.75, 0.07); /* a narrow bump loses height between cells */
        assert_near(person->score, 0.75, 0.05);
    }
}

/* One limb fails. What hangs on it is a fragment that fits the rest, or a single peak; the head alone has five
 * keypoints, more than a fragment's. */
static void a_gap_is_closed(void **state) {
    (void)state;
    for (int l = 0; l < LP_FIRST_HELPER_LIMB; l++) {
        body b = stand(20, 50, 20);
        b.joined[l] = 0;
        clear();
        draw(&b);
        if (l == NECK_NOSE)
            assert_int_equal(decode().count, 2);
        else
            assert_whole(decode_one(), &b);
    }
}

static void a_fragment_elsewhere_is_a_person_of_its_own(void **state) {
    body b = stand(16, 25, 20);

    (void)state;
    b.joined[R_UPPER_ARM] = 0;
    b.place[R_ELBOW][0] += 50;
    b.place[R_WRIST][0] += 50;
    draw(&b);
    const lp_people people = decode();
    assert_int_equal(people.count, 2);
    assert_int_equal(people.persons[0].count, 16);
    assert_int_equal(people.persons[1].count, 2);
}

/* ---- Single peaks */

/* Peaks of 0.8 at the border of what is near, and the rest of the body without them. */
static void a_peak_is_taken_where_it_is_expected(void **state) {
    static const int ends[] = {R_WRIST, L_WRIST, 10, 13}; /* that have one limb each */

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        body b = stand(20, 50, 20);
        leave(&b, ends[i], -1);
        const lp_body_prior prior = prior_of(&b);
        const double distances[] = {0, LP_MERGE_DISTANCE - 0.3, LP_MERGE_DISTANCE + 0.3, 4 * LP_MERGE_DISTANCE};
        for (int d = 0; d < 4; d++) {
            const lp_pair place = off(&prior, ends[i], distances[d]);
            clear();
            draw(&b);
            made_bump(&maps, ends[i], place[0], place[1], 0.8);
            const lp_person *const person = decode_one();
            assert_detected(person, ends[i], d < 2);
            if (d < 2)
                assert_true(miss(person, ends[i], place) < 0.1);
        }
    }
}

/* log(0.2) = -1.6; log(0.9) - distance / 2 is -1.1 at distance 2 and -1.9 at 3.6. */
static void of_two_peaks_the_likelier_is_taken(void **state) {
    body b = stand(20, 50, 20);

    (void)state;
    leave(&b, R_WRIST, -1);
    const lp_body_prior prior = prior_of(&b);
    for (int far = 0; far < 2; far++) {
        const lp_pair near = prior.place[R_WRIST], other = off(&prior, R_WRIST, far ? 3.6 : 2);
        clear();
        draw(&b);
        made_bump(&maps, R_WRIST, near[0], near[1], 0.2);
        made_bump(&maps, R_WRIST, other[0], other[1], 0.9);
        assert_true(miss(decode_one(), R_WRIST, far ? near : other) < 0.5);
        assert_int_equal(decoder->peaks[R_WRIST].count, 2);
    }
}

/* ---- Limbs too long */

static void a_limb_across_two_people_is_cut(void **state) {
    const body left = stand(16, 20, 20), right = stand(16, 75, 20);
    body without = left;

    (void)state;
    leave(&without, R_ELBOW, R_WRIST, -1);
    draw(&without);
    draw(&right);
    /* The right one's elbow hangs on the left one's shoulder. */
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            *made_paf(&maps, lp_skeleton_limbs[R_UPPER_ARM].paf_x, x, y) =
                *made_paf(&maps, lp_skeleton_limbs[R_UPPER_ARM].paf_y, x, y) = 0;
    draw_limb(R_UPPER_ARM, left.place[R_SHOULDER], right.place[R_ELBOW], 0.9);

    const lp_person *two[2];
    const lp_people people = decode();
    sorted_by_x(&people, two);
    assert_int_equal(decoder->links[R_UPPER_ARM].count, 1); /* so it would be, were it not cut */
    assert_whole(two[0], &without);
    assert_whole(two[1], &right);
}

/* By so many times the median of the others, a forearm is too long. */
static void limbs_are_cut_at_the_ratio(void **state) {
    static const double ratios[] = {1, LP_SPLIT_RATIO - 0.05, LP_SPLIT_RATIO + 0.05, LP_SPLIT_RATIO + 1};

    (void)state;
    for (int i = 0; i < 4; i++) {
        body b = stand(14, 50, 20);
        double others[LP_FIRST_HELPER_LIMB];
        int count = 0;
        for (int l = 0; l < LP_FIRST_HELPER_LIMB; l++) {
            const lp_limb *const limb = &lp_skeleton_limbs[l];
            const lp_pair along = b.place[limb->to] - b.place[limb->from];
            const double length = hypot(along[0], along[1]) / lp_body_prior_distance_between(limb->from, limb->to);
            int place = count;
            for (; l != R_FOREARM && place > 0 && others[place - 1] > length; place--)
                others[place] = others[place - 1];
            if (l != R_FOREARM)
                others[place] = length;
            count += l != R_FOREARM;
        }
        const double median = (others[7] + others[8]) / 2;
        const double length = ratios[i] * median * lp_body_prior_distance_between(R_ELBOW, R_WRIST);
        assert_int_equal(count, 16);
        b.place[R_WRIST] = b.place[R_ELBOW] - (lp_pair){length, 0};
        clear();
        draw(&b);
        const lp_person *const person = decode_one();
        assert_detected(person, R_WRIST, i < 2);
        assert_int_equal(decoder->links[R_FOREARM].count, 1);
        assert_int_equal(person->count, i < 2 ? 18 : 17);
    }
}

/* With one limb there is nothing to compare with. */
static void a_lone_limb_may_be_long(void **state) {
    (void)state;
    made_bump(&maps, NECK, 10, 10, 0.8);
    made_bump(&maps, R_SHOULDER, 80, 50, 0.8);
    draw_limb(NECK_R_SHOULDER, (lp_pair){10, 10}, (lp_pair){80, 50}, 0.8);
    assert_int_equal(decode_one()->count, 2);
}

/* ---- Helpers */

/* No eye, so that the ear hangs on the shoulder alone; it is too far up to be taken as a single peak. */
static void a_shoulder_helps_to_a_free_ear(void **state) {
    (void)state;
    for (int help = 0; help < 2; help++) {
        body b = stand(20, 50, 26);
        leave(&b, R_EYE, R_EAR, -1);
        const lp_body_prior prior = prior_of(&b);
        b.there[R_EAR] = 1;
        b.place[R_EAR] = off(&prior, R_EAR, 9);
        b.joined[R_SHOULDER_EAR] = help;
        clear();
        draw(&b);
        assert_detected(decode_one(), R_EAR, help);
    }
}

static void an_ear_that_has_a_person_stays_with_it(void **state) {
    const body right = stand(16, 64, 20);
    body left = stand(16, 30, 20);

    (void)state;
    leave(&left, R_EAR, -1);
    draw(&left);
    draw(&right);
    draw_limb(R_SHOULDER_EAR, left.place[R_SHOULDER], right.place[R_EAR], 0.9);
    const lp_person *two[2];
    const lp_people people = decode();
    sorted_by_x(&people, two);
    assert_int_equal(decoder->links[R_SHOULDER_EAR].count, 1);
    assert_whole(two[0], &left);
    assert_whole(two[1], &right);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RULE(a_person_is_found_whole),
        RULE(a_gap_is_closed),
        RULE(a_fragment_elsewhere_is_a_person_of_its_own),
        RULE(a_peak_is_taken_where_it_is_expected),
        RULE(of_two_peaks_the_likelier_is_taken),
        RULE(a_limb_across_two_people_is_cut),
        RULE(limbs_are_cut_at_the_ratio),
        RULE(a_lone_limb_may_be_long),
        RULE(a_shoulder_helps_to_a_free_ear),
        RULE(an_ear_that_has_a_person_stays_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
