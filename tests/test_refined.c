/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The decoder `refined` step by step: people like the figure's mean are drawn, something is left out, moved or added,
 * and what comes of it follows from the rule of one step. */

#include "check.h"

#include <math.h>

#include "decode/complete.h"
#include "decode/decoder.h"
#include "decode/gather.h"
#include "decode/sever.h"
#include "made_maps.h"
#include "near.h"

enum { KEYS = LIGHTPOSE_KEYPOINTS, WIDTH = 100, HEIGHT = 64 };
enum {
    NOSE = 0,
    NECK,
    R_SHOULDER,
    R_ELBOW,
    R_WRIST,
    L_SHOULDER,
    L_WRIST = 7,
    R_HIP,
    L_ANKLE = 13,
    R_EYE,
    L_EYE,
    R_EAR,
    L_EAR
};
enum { NECK_R_SHOULDER = 0, R_UPPER_ARM = 2, R_FOREARM, NECK_NOSE = 12, R_EYE_EAR = 14, R_SHOULDER_EAR = 17 };

static lp_maps maps;
static lightpose_settings settings;
static lp_decoder *decoder;

static int set_up(void **state) {
    (void)state;
    maps = made_maps(WIDTH, HEIGHT, MADE_INTERLEAVED);
    lightpose_settings_default(&settings);
    settings.decoder = LIGHTPOSE_DECODER_REFINED;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    lp_decoder_destroy(&decoder);
    made_free(&maps);
    return 0;
}

static void clear(void) {
    made_free(&maps);
    maps = made_maps(WIDTH, HEIGHT, MADE_INTERLEAVED);
}

static lp_people decode(void) {
    lp_people people;

    lp_decoder_destroy(&decoder);
    assert_ok(lp_decoder_create(&decoder, &settings, error));
    assert_ok(lp_decoder_run(decoder, &maps, 1, &people, error));
    return people;
}

/* The only person. */
static const lp_person *decode_one(void) {
    const lp_people people = decode();

    if (people.count != 1)
        fail_msg("%d persons, not 1", people.count);
    return people.persons;
}

/* ---- Drawing */

typedef struct body {
    lp_pair place[KEYS];
    int there[KEYS], joined[LIGHTPOSE_LIMBS];
} body;

static body stand(double scale, double x, double y) {
    body b;

    for (int k = 0; k < KEYS; k++) {
        b.place[k] = (lp_pair){x, y} + scale * lp_figure_mean[k];
        b.there[k] = 1;
    }
    for (int l = 0; l < LIGHTPOSE_LIMBS; l++)
        b.joined[l] = l < LP_FIRST_HELPER_LIMB;
    return b;
}

static void draw_limb(int limb, lp_pair from, lp_pair to, double strength) {
    made_limb(&maps, limb, from[0], from[1], to[0], to[1], strength);
}

static void draw_with(const body *b, double height, double strength) {
    for (int k = 0; k < KEYS; k++)
        if (b->there[k])
            made_bump(&maps, k, b->place[k][0], b->place[k][1], height);
    for (int l = 0; l < LIGHTPOSE_LIMBS; l++) {
        const lp_limb *const limb = &lp_skeleton_limbs[l];
        if (b->joined[l] && b->there[limb->from] && b->there[limb->to])
            draw_limb(l, b->place[limb->from], b->place[limb->to], strength);
    }
}

static void draw(const body *b) {
    draw_with(b, 0.8, 0.7);
}

static void leave(body *b, int first, ...) {
    va_list list;

    va_start(list, first);
    for (int k = first; k >= 0; k = va_arg(list, int))
        b->there[k] = 0;
    va_end(list);
}

/* What the figure of those that are there says of the others. */
static lp_figure figure_of(const body *b) {
    lp_figure figure;

    lp_figure_fit(&figure, b->place, b->there);
    return figure;
}

/* The place `distance` squared standard deviations from where keypoint k is expected, to the picture's left. */
static lp_pair off(const lp_figure *figure, int k, double distance) {
    return figure->place[k] - (lp_pair){sqrt(distance * (figure->variance[k][0] + LP_FIGURE_CELL)), 0};
}

static lp_pair found_place(const lp_person *person, int k) {
    return ((lp_pair){person->x[k], person->y[k]} + 0.5) / settings.upsample - 0.5;
}

static double miss(const lp_person *person, int k, lp_pair place) {
    const lp_pair by = found_place(person, k) - place;
    return hypot(by[0], by[1]);
}

#define assert_detected(person, k, wanted)                                                                             \
    do {                                                                                                               \
        if (((person)->state[k] == LIGHTPOSE_DETECTED) != (wanted))                                                    \
            fail_msg("keypoint %d: state %d", (int)(k), (person)->state[k]);                                           \
    } while (0)

static void assert_whole(const lp_person *person, const body *b) {
    int count = 0;

    for (int k = 0; k < KEYS; k++) {
        assert_detected(person, k, b->there[k]);
        count += b->there[k];
        if (b->there[k] && miss(person, k, b->place[k]) > 0.1)
            fail_msg("keypoint %d is %g cells off", k, miss(person, k, b->place[k]));
    }
    assert_int_equal(person->count, count);
}

/* Where persons stand side by side: the one on the picture's left first. */
static void sorted_by_x(const lp_people *people, const lp_person *two[2]) {
    assert_int_equal(people->count, 2);
    const int swapped = people->persons[0].x[NECK] > people->persons[1].x[NECK];
    two[0] = &people->persons[swapped];
    two[1] = &people->persons[!swapped];
}

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
        const lp_figure figure = figure_of(&b);
        const double distances[] = {0, LP_GATHER_NEAR - 0.3, LP_GATHER_NEAR + 0.3, 4 * LP_GATHER_NEAR};
        for (int d = 0; d < 4; d++) {
            const lp_pair place = off(&figure, ends[i], distances[d]);
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
    const lp_figure figure = figure_of(&b);
    for (int far = 0; far < 2; far++) {
        const lp_pair near = figure.place[R_WRIST], other = off(&figure, R_WRIST, far ? 3.6 : 2);
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
    static const double ratios[] = {1, LP_SEVER_RATIO - 0.05, LP_SEVER_RATIO + 0.05, LP_SEVER_RATIO + 1};

    (void)state;
    for (int i = 0; i < 4; i++) {
        body b = stand(14, 50, 20);
        double others[LP_FIRST_HELPER_LIMB];
        int count = 0;
        for (int l = 0; l < LP_FIRST_HELPER_LIMB; l++) {
            const lp_limb *const limb = &lp_skeleton_limbs[l];
            const lp_pair along = b.place[limb->to] - b.place[limb->from];
            const double length = hypot(along[0], along[1]) / lp_figure_distance_between(limb->from, limb->to);
            int place = count;
            for (; l != R_FOREARM && place > 0 && others[place - 1] > length; place--)
                others[place] = others[place - 1];
            if (l != R_FOREARM)
                others[place] = length;
            count += l != R_FOREARM;
        }
        const double median = (others[7] + others[8]) / 2;
        const double length = ratios[i] * median * lp_figure_distance_between(R_ELBOW, R_WRIST);
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
        const lp_figure figure = figure_of(&b);
        b.there[R_EAR] = 1;
        b.place[R_EAR] = off(&figure, R_EAR, 9);
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

/* ---- Guesses */

static void a_guess_is_near_the_faint_bump(void **state) {
    body b = stand(20, 50, 20);

    (void)state;
    leave(&b, R_WRIST, -1);
    const lp_figure figure = figure_of(&b);
    draw(&b);
    const lp_pair bump = {rint(figure.place[R_WRIST][0]) + 2, rint(figure.place[R_WRIST][1]) - 2};
    made_bump(&maps, R_WRIST, bump[0], bump[1], 0.05);
    const lp_person *const person = decode_one();
    assert_int_equal(person->state[R_WRIST], LIGHTPOSE_COMPLETED);
    assert_int_equal(person->count, 17);
    assert_true(miss(person, R_WRIST, bump) < 0.5); /* its own top, drawn to where the figure expects it */
    assert_near(person->keypoint_score[R_WRIST], 0.05, 1e-6);
}

/* Nothing is there: the figure alone decides, and a parabola finds its Gaussian's top exactly. */
static void a_guess_without_a_bump_is_the_figures(void **state) {
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
            const lp_figure figure = figure_of(&seen);
            for (int i = 0; i < KEYS; i++) {
                if (seen.there[i] || b.there[i])
                    continue; /* where there is heat it has a say */
                assert_int_equal(person->state[i], LIGHTPOSE_COMPLETED);
                assert_true(miss(person, i, figure.place[i]) < 0.001);
                assert_true(person->keypoint_score[i] < 0.05);
            }
        }
    }
}

/* The ankle of someone seen from behind is where the other's is expected: the guess scores no more than the threshold.
 */
static void a_guess_never_scores_as_a_peak(void **state) {
    body b = stand(20, 40, 20), other = stand(20, 54, 20);

    (void)state;
    leave(&b, L_ANKLE, -1);
    for (int k = 0; k < KEYS; k++)
        other.place[k][0] = 2 * 54 - other.place[k][0];
    other.place[L_ANKLE] = figure_of(&b).place[L_ANKLE];
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
                const lp_figure figure = figure_of(&seen);
                for (int k = 0; k < KEYS; k++) {
                    const double expected = figure.place[k][1];
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

/* ---- Settings */

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
    }
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

#define RULE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
        RULE(a_guess_is_near_the_faint_bump),
        RULE(a_guess_without_a_bump_is_the_figures),
        RULE(a_guess_never_scores_as_a_peak),
        RULE(what_is_expected_outside_stays_missing),
        RULE(the_decoder_has_its_own_defaults),
        RULE(limbs_need_the_threshold),
        RULE(persons_need_the_least_keypoints),
        RULE(persons_need_the_least_evidence),
        RULE(the_best_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
