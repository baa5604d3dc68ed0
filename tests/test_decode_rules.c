/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The rules of the decoder `reference` that no photograph pins, on small maps at upsampling 1, where a cell is a pixel
 * and a value is what it is. SPEC 2.9, 2.10, 2.16. */

#include "check.h"

#include <math.h>

#include "decode/decode.h"
#include "decode/decoder.h"
#include "decode/finite.h"
#include "made_maps.h"

enum { WIDTH = 40, HEIGHT = 30 };
enum { NOSE = 0, NECK = 1, R_SHOULDER = 2, R_ELBOW = 3, L_SHOULDER = 5, R_EYE = 14, R_EAR = 16 };
enum { NECK_R_SHOULDER = 0, NECK_L_SHOULDER = 1, R_UPPER_ARM = 2, NECK_NOSE = 12, NOSE_R_EYE = 13, R_EYE_EAR = 14 };
enum { R_SHOULDER_EAR = 17 };

static lp_maps maps;
static lightpose_settings settings;
static lp_decoder *decoder;

static int set_up(void **state) {
    (void)state;
    maps = made_maps(WIDTH, HEIGHT, MADE_INTERLEAVED);
    lightpose_settings_default(&settings);
    settings.decoder = LIGHTPOSE_DECODER_REFERENCE;
    settings.upsample = 1;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    lp_decoder_destroy(&decoder);
    made_free(&maps);
    return 0;
}

static lp_people decode(void) {
    lp_people people;

    lp_decoder_destroy(&decoder);
    assert_ok(lp_decoder_create(&decoder, &settings, error));
    assert_ok(lp_decoder_run(decoder, &maps, 1, &people, error));
    return people;
}

static void peak(int type, int x, int y, float value) {
    *made_heat(&maps, type, x, y) = value;
}

/* The field `strength` long, towards (x1, y1), at every point that the limb from (x0, y0) reads. */
static void field(int limb, int x0, int y0, int x1, int y1, float strength) {
    const float length = hypotf((float)(x1 - x0), (float)(y1 - y0));

    for (int k = 0; k < settings.limb_samples; k++) {
        const float part = (float)k / (float)(settings.limb_samples - 1);
        const int x = (int)rintf((float)x0 + part * (float)(x1 - x0)),
                  y = (int)rintf((float)y0 + part * (float)(y1 - y0));
        *made_paf(&maps, lp_skeleton_limbs[limb].paf_x, x, y) = strength * (float)(x1 - x0) / length;
        *made_paf(&maps, lp_skeleton_limbs[limb].paf_y, x, y) = strength * (float)(y1 - y0) / length;
    }
}

/* The peaks of type 0, as many as stand in `wanted`: x, y. */
static void check_peaks(int count, const int (*wanted)[2]) {
    decode();
    const lp_peaks *const found = &decoder->peaks[NOSE];
    if (found->count != count)
        fail_msg("%d peaks, not %d", found->count, count);
    for (int i = 0; i < count; i++) {
        assert_int_equal((int)found->x[i], wanted[i][0]);
        assert_int_equal((int)found->y[i], wanted[i][1]);
        assert_true(found->score[i] == *made_heat(&maps, NOSE, wanted[i][0], wanted[i][1]));
    }
}

static int link_count(int limb) {
    decode();
    return decoder->links[limb].count;
}

static lp_link link_at(int limb, int i) {
    return ((const lp_link *)decoder->links[limb].data)[i];
}

/* ---- Peaks */

static void exactly_the_threshold_is_a_peak(void **state) {
    (void)state;
    peak(NOSE, 5, 5, 0.1f);
    peak(NOSE, 15, 5, nextafterf(0.1f, 0));
    check_peaks(1, (const int[][2]){{5, 5}});
    settings.peak_threshold = 0.25f;
    peak(NOSE, 5, 5, 0.25f);
    peak(NOSE, 15, 5, nextafterf(0.25f, 0));
    check_peaks(1, (const int[][2]){{5, 5}});
}

static void a_plateau_has_no_peak(void **state) {
    (void)state;
    peak(NOSE, 5, 5, 0.5f);
    peak(NOSE, 6, 5, 0.5f);
    peak(NOSE, 20, 5, 0.5f);
    peak(NOSE, 20, 6, 0.5f);
    check_peaks(0, NULL);
    peak(NOSE, 20, 6, nextafterf(0.5f, 0));
    check_peaks(1, (const int[][2]){{20, 5}});
}

/* Only four neighbours count: equal values that touch at a corner are both peaks. */
static void diagonal_neighbours_do_not_count(void **state) {
    (void)state;
    settings.peak_radius = 1;
    peak(NOSE, 5, 5, 0.5f);
    peak(NOSE, 6, 6, 0.9f);
    check_peaks(2, (const int[][2]){{5, 5}, {6, 6}});
}

static void what_lies_outside_counts_as_zero(void **state) {
    (void)state;
    peak(NOSE, 0, 0, 0.2f);
    peak(NOSE, WIDTH - 1, HEIGHT - 1, 0.2f);
    peak(NOSE, 0, 15, 0.2f);
    peak(NOSE, 20, 0, 0.2f);
    check_peaks(4, (const int[][2]){{0, 0}, {0, 15}, {20, 0}, {WIDTH - 1, HEIGHT - 1}});
}

static void peaks_stand_by_x_then_y(void **state) {
    (void)state;
    peak(NOSE, 30, 2, 0.9f);
    peak(NOSE, 10, 20, 0.2f);
    peak(NOSE, 10, 8, 0.3f);
    peak(NOSE, 2, 29, 0.4f);
    check_peaks(4, (const int[][2]){{2, 29}, {10, 8}, {10, 20}, {30, 2}});
}

/* The left one stays, however weak; and what is suppressed suppresses nothing. */
static void suppression_goes_by_x_not_by_score(void **state) {
    (void)state;
    peak(NOSE, 5, 5, 0.2f);
    peak(NOSE, 9, 5, 0.9f);
    peak(NOSE, 13, 5, 0.3f);
    check_peaks(2, (const int[][2]){{5, 5}, {13, 5}});
}

static void equal_x_leaves_the_upper_one(void **state) {
    (void)state;
    peak(NOSE, 5, 5, 0.2f);
    peak(NOSE, 5, 9, 0.9f);
    check_peaks(1, (const int[][2]){{5, 5}});
}

static void the_radius_itself_is_not_too_close(void **state) {
    (void)state;
    peak(NOSE, 5, 5, 0.5f);
    peak(NOSE, 11, 5, 0.5f); /* 6 */
    peak(NOSE, 5, 20, 0.5f);
    peak(NOSE, 10, 23, 0.5f); /* 5.83 */
    peak(NOSE, 25, 20, 0.5f);
    peak(NOSE, 29, 25, 0.5f); /* 6.40 */
    check_peaks(5, (const int[][2]){{5, 5}, {5, 20}, {11, 5}, {25, 20}, {29, 25}});
}

/* ---- Limbs */

static void arm(int x0, int x1, int y, float strength) {
    peak(NECK, x0, y, 0.5f);
    peak(R_SHOULDER, x1, y, 0.5f);
    field(NECK_R_SHOULDER, x0, y, x1, y, strength);
}

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

/* ---- Persons */

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

/* ---- Maps */

static void maps_must_be_finite(void **state) {
    (void)state;
    for (int layout = 0; layout < MADE_LAYOUTS; layout++) {
        lp_maps all = made_maps(7, 5, (made_layout)layout);
        assert_ok(lp_maps_check_finite(&all, error));
        *made_paf(&all, 37, 6, 4) = -INFINITY;
        assert_fails(lp_maps_check_finite(&all, error), LIGHTPOSE_ERROR_NOT_FINITE,
                     "part affinity map 37 is infinite at cell (6, 4)");
        *made_heat(&all, 18, 0, 3) = NAN;
        assert_fails(lp_maps_check_finite(&all, error), LIGHTPOSE_ERROR_NOT_FINITE, "heatmap 18 is NaN at cell (0, 3)");
        made_free(&all);
    }
}

/* Every limb's channels are an even one and the next, every channel has one limb, and every keypoint is the second end
 * of one limb among 0 to 16, which comes before those of which it is the first: what field.h and group.h build on. */
static void the_skeleton_is_a_tree_with_helpers(void **state) {
    int channel_used[LIGHTPOSE_PAFS] = {0}, reached[LIGHTPOSE_KEYPOINTS] = {0};

    (void)state;
    reached[NECK] = 1;
    for (int l = 0; l < LIGHTPOSE_LIMBS; l++) {
        const lp_limb *const limb = &lp_skeleton_limbs[l];
        assert_int_equal(limb->paf_x % 2, 0);
        assert_int_equal(limb->paf_y, limb->paf_x + 1);
        assert_false(channel_used[limb->paf_x]++);
        if (l >= LP_FIRST_HELPER_LIMB)
            continue;
        assert_true(reached[limb->from]);
        assert_false(reached[limb->to]++);
    }
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        RULE(exactly_the_threshold_is_a_peak),
        RULE(a_plateau_has_no_peak),
        RULE(diagonal_neighbours_do_not_count),
        RULE(what_lies_outside_counts_as_zero),
        RULE(peaks_stand_by_x_then_y),
        RULE(suppression_goes_by_x_not_by_score),
        RULE(equal_x_leaves_the_upper_one),
        RULE(the_radius_itself_is_not_too_close),
        RULE(the_point_threshold_is_strict),
        RULE(nine_points_of_ten_make_a_limb_and_eight_do_not),
        RULE(the_score_is_the_mean_of_the_points_that_support_it),
        RULE(halves_round_to_even),
        RULE(coincident_peaks_never_join),
        RULE(limbs_have_a_direction),
        RULE(equal_scores_go_by_a_then_b),
        RULE(pairs_are_accepted_greedily),
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
        RULE(maps_must_be_finite),
        RULE(the_skeleton_is_a_tree_with_helpers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
