/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Where the decoder `refined` guesses the keypoints that it does not find (decode/completion.h), and where it does not.
 */

#include "check.h"

#include <math.h>

#include "bodies.h"
#include "near.h"

static void a_guess_is_near_the_faint_bump(void **state) {
    body b = stand(20, 50, 20);

    (void)state;
    leave(&b, R_WRIST, -1);
    const lp_body_prior prior = prior_of(&b);
    draw(&b);
    const lp_pair bump = {rint(prior.place[R_WRIST][0]) + 2, rint(prior.place[R_WRIST][1]) - 2};
    made_bump(&maps, R_WRIST, bump[0], bump[1], 0.05);
    const lp_person *const person = decode_one();
    assert_int_equal(person->state[R_WRIST], LIGHTPOSE_COMPLETED);
    assert_int_equal(person->count, 17);
    assert_true(miss(person, R_WRIST, bump) < 0.5); /* its own top, drawn to where the body prior expects it */
    assert_near(person->keypoint_score[R_WRIST], 0.05, 1e-6);
}

/* Nothing is there: the body prior alone decides, and a parabola finds its Gaussian's top exactly. */
static void a_guess_without_a_bump_is_the_priors(void **state) {
    int compared = 0;

    (void)state;
    for (int k = 0; k < KEYS; k++) {
        body b = stand(20, 50, 20);
        leave(&b, k, -1);
        clear();
        draw(&b);
        const lp_people people = decode();
        for (int p = 0; p < people.count; p++) {
            const lp_person *const person = &people.persons[p];
            body seen = b;
            for (int i = 0; i < KEYS; i++) {
                seen.there[i] = person->state[i] == LIGHTPOSE_DETECTED;
                seen.place[i] = found_place(person, i);
            }
            const lp_body_prior prior = prior_of(&seen);
            for (int i = 0; i < KEYS; i++) {
                if (seen.there[i] || b.there[i])
                    continue; /* where there is heat it has a say */
                assert_int_equal(person->state[i], LIGHTPOSE_COMPLETED);
                assert_true(miss(person, i, prior.place[i]) < 0.001);
                assert_true(person->keypoint_score[i] < 0.05);
                compared++;
            }
        }
    }
    assert_true(compared >= 10);
}

/* The ankle of someone seen from behind is where the other's is expected: the guess scores no more than the threshold.
 */
static void a_guess_never_scores_as_a_peak(void **state) {
    body b = stand(20, 40, 20), other = stand(20, 54, 20);

    (void)state;
    leave(&b, L_ANKLE, -1);
    for (int k = 0; k < KEYS; k++)
        other.place[k][0] = 2 * 54 - other.place[k][0];
    other.place[L_ANKLE] = prior_of(&b).place[L_ANKLE];
    draw(&b);
    draw(&other);
    const lp_person *two[2];
    const lp_people people = decode();
    sorted_by_x(&people, two);
    assert_detected(two[1], L_ANKLE, 1);
    assert_int_equal(two[0]->state[L_ANKLE], LIGHTPOSE_COMPLETED);
    assert_true(miss(two[0], L_ANKLE, other.place[L_ANKLE]) < 0.6);
    assert_true(two[0]->keypoint_score[L_ANKLE] == settings.peak_threshold);
}

/* Heads at the lower edge and legs at the upper one: what is expected in the map is guessed, within the map; what is
 * expected outside stays missing. */
static void what_is_expected_outside_stays_missing(void **state) {
    int guessed = 0, missing = 0;

    (void)state;
    for (int half = 0; half < 2; half++) {
        for (double y = -20; y < 84; y += 3.3) {
            body b = stand(14, 50, y);
            for (int k = 0; k < KEYS; k++)
                b.there[k] = (k >= R_HIP && k < R_EYE) == half && b.place[k][1] > 2 && b.place[k][1] < HEIGHT - 3;
            clear();
            draw(&b);
            const lp_people people = decode();
            for (int p = 0; p < people.count; p++) {
                const lp_person *const person = &people.persons[p];
                body seen;
                for (int k = 0; k < KEYS; k++) {
                    seen.there[k] = person->state[k] == LIGHTPOSE_DETECTED;
                    seen.place[k] = found_place(person, k);
                }
                const lp_body_prior prior = prior_of(&seen);
                for (int k = 0; k < KEYS; k++) {
                    const double expected = prior.place[k][1];
                    if (seen.there[k])
                        continue;
                    if (expected > -0.49 && expected < HEIGHT - 0.51) { /* not at the very edge: places are rounded */
                        assert_int_equal(person->state[k], LIGHTPOSE_COMPLETED);
                        assert_true(found_place(person, k)[1] >= -0.5 && found_place(person, k)[1] <= HEIGHT - 0.5);
                        guessed++;
                    } else if (expected < -0.51 || expected > HEIGHT - 0.49) {
                        assert_int_equal(person->state[k], LIGHTPOSE_MISSING);
                        missing++;
                    }
                }
            }
        }
    }
    print_message("# %d guessed, %d missing\n", guessed, missing);
    assert_true(guessed > 100 && missing > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        RULE(a_guess_is_near_the_faint_bump),
        RULE(a_guess_without_a_bump_is_the_priors),
        RULE(a_guess_never_scores_as_a_peak),
        RULE(what_is_expected_outside_stays_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
