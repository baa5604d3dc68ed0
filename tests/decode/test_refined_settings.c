/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What the settings mean to the decoder `refined`. */

#include "check.h"

#include <math.h>

#include "bodies.h"
#include "near.h"

static void the_decoder_has_its_own_defaults(void **state) {
    (void)state;
    settings.decoder = LIGHTPOSE_DECODER_DEFAULT;
    decode();
    assert_int_equal(decoder->settings.decoder, LIGHTPOSE_DECODER_REFINED);
    assert_true(decoder->settings.limb_threshold == 0.1f && decoder->settings.min_score == 0.1f);
    assert_int_equal(decoder->settings.min_keypoints, 2);
    settings.decoder = LIGHTPOSE_DECODER_REFERENCE;
    decode();
    assert_true(decoder->settings.limb_threshold == 0.05f && decoder->settings.min_score == 0.2f);
    assert_int_equal(decoder->settings.min_keypoints, 3);
    settings.limb_threshold = settings.min_score = 0;
    settings.min_keypoints = 1;
    decode();
    assert_true(decoder->settings.limb_threshold == 0 && decoder->settings.min_score == 0);
    assert_int_equal(decoder->settings.min_keypoints, 1);
}

static void limbs_need_the_threshold(void **state) {
    const body b = stand(20, 50, 20);

    (void)state;
    draw_with(&b, 0.8, 0.08);
    decode();
    assert_int_equal(decoder->links[NECK_R_SHOULDER].count, 0);
    settings.limb_threshold = 0.05f;
    decode();
    assert_int_equal(decoder->links[NECK_R_SHOULDER].count, 1);
}

static void persons_need_the_least_keypoints(void **state) {
    int compared = 0;

    (void)state;
    for (int k = 1; k < KEYS; k++) {
        body b = stand(20, 50, 20);
        for (int other = 0; other < KEYS; other++)
            b.there[other] = other == NECK || (other < k + (k == NECK) && other != NECK);
        clear();
        draw(&b);
        settings.min_keypoints = 0;
        const lp_people people = decode();
        if (people.count != 1 || people.persons[0].count != k + (k == 1))
            continue; /* the first keypoints alone hang together in some places only */
        settings.min_keypoints = people.persons[0].count;
        assert_int_equal(decode().count, 1);
        settings.min_keypoints++;
        assert_int_equal(decode().count, 0);
        compared++;
    }
    assert_true(compared >= 8);
}

/* A neck and a shoulder: the formula of two keypoints and a limb. */
static void persons_need_the_least_evidence(void **state) {
    const lp_pair neck = {30, 20}, shoulder = {38, 24};
    int kept = 0;

    (void)state;
    for (int step = 0; step < 20; step++) {
        clear();
        made_bump(&maps, NECK, neck[0], neck[1], 0.5);
        made_bump(&maps, R_SHOULDER, shoulder[0], shoulder[1], 0.4);
        draw_limb(NECK_R_SHOULDER, neck, shoulder, 0.11 + 0.01 * step);
        settings.min_score = 0;
        const lp_person person = *decode_one();
        const lp_link *const link = decoder->links[NECK_R_SHOULDER].data;
        const float evidence = (float)(((double)person.keypoint_score[NECK] + person.keypoint_score[R_SHOULDER]) / 2 *
                                       link->score * sqrt(2));
        const lp_pair size = (found_place(&person, NECK) - found_place(&person, R_SHOULDER)) * settings.upsample;
        assert_near(person.rank, evidence * pow(fabs(size[0] * size[1]) + 1, 0.25), 1e-5);
        assert_near(person.score, (person.keypoint_score[NECK] + person.keypoint_score[R_SHOULDER] + link->score) / 3,
                    1e-6);
        settings.min_score = evidence;
        assert_int_equal(decode().count, 1);
        settings.min_score = nextafterf(evidence, 1);
        assert_int_equal(decode().count, 0);
        settings.min_score = -1;
        assert_int_equal(decode().count, evidence >= 0.1f);
        kept += evidence >= 0.1f;
    }
    assert_true(kept > 3 && kept < 17);
}

static void the_best_are_kept(void **state) {
    lp_person all[3];

    (void)state;
    for (int p = 0; p < 3; p++) {
        const body b = stand(8 + 2 * p, 15 + 32 * p, 24);
        draw(&b);
    }
    const lp_people people = decode();
    assert_int_equal(people.count, 3);
    memcpy(all, people.persons, sizeof all);
    for (int p = 1; p < 3; p++) { /* the larger goes first */
        assert_true(all[p].rank < all[p - 1].rank);
        assert_true(all[p].x[NECK] < all[p - 1].x[NECK]);
    }
    for (int most = 1; most <= 4; most++) {
        settings.max_people = most;
        const lp_people best = decode();
        assert_int_equal(best.count, most < 3 ? most : 3);
        for (int p = 0; p < best.count; p++)
            assert_true(best.persons[p].rank == all[p].rank && best.persons[p].x[NECK] == all[p].x[NECK]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RULE(the_decoder_has_its_own_defaults), RULE(limbs_need_the_threshold), RULE(persons_need_the_least_keypoints),
        RULE(persons_need_the_least_evidence),  RULE(the_best_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
