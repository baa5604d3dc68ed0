/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The evaluator on cases small enough to work out by hand. */

#include "eval_world.h"

#include <stdlib.h>

#include "eval/oks.h"

static void everyone_found(void **state) {
    (void)state;
    world w;
    begin(&w, 2);
    person(&w, 0, 10, 10, 50);
    person(&w, 1, 10, 10, 200);
    found(&w, 0, 10, 10, 50, 0.1);
    found(&w, 1, 10, 10, 200, 0.9);
    evaluate(&w);
    for (int f = 0; f < LP_FIGURES; f++)
        assert_near(w.figures[f], 1);
    end(&w);
}

static void nobody_found_and_nobody_there(void **state) {
    (void)state;
    world w;
    begin(&w, 1);
    person(&w, 0, 10, 10, 50);
    evaluate(&w);
    assert_near(w.figures[LP_AP], 0);
    assert_near(w.figures[LP_AR], 0);
    assert_near(w.figures[LP_AP_LARGE], -1); /* no large person is labelled */
    end(&w);

    begin(&w, 1);
    found(&w, 0, 10, 10, 50, 0.5);
    evaluate(&w);
    for (int f = 0; f < LP_FIGURES; f++)
        assert_near(w.figures[f], -1);
    end(&w);
}

/* Recalls 0 to 0.50 are reached: 51 of the 101. */
static void half_found(void **state) {
    (void)state;
    world w;
    begin(&w, 1);
    person(&w, 0, 10, 10, 50);
    person(&w, 0, 110, 10, 50);
    found(&w, 0, 10, 10, 50, 0.5);
    evaluate(&w);
    assert_near(w.figures[LP_AP], 51.0 / 101);
    assert_near(w.figures[LP_AR], 0.5);
    end(&w);
}

static void false_ones_ranked_first_and_last(void **state) {
    (void)state;
    world w;
    begin(&w, 1); /* wrong, right, right: precision 0, 1/2, 2/3, of which the last holds for all recalls */
    person(&w, 0, 10, 10, 50);
    person(&w, 0, 110, 10, 50);
    found(&w, 0, 500, 500, 50, 0.9);
    found(&w, 0, 10, 10, 50, 0.8);
    found(&w, 0, 110, 10, 50, 0.7);
    evaluate(&w);
    assert_near(w.figures[LP_AP], 2.0 / 3);
    assert_near(w.figures[LP_AR], 1);
    end(&w);

    begin(&w, 1); /* right, wrong, right: 1 up to recall 0.50, then 2/3 */
    person(&w, 0, 10, 10, 50);
    person(&w, 0, 110, 10, 50);
    found(&w, 0, 500, 500, 50, 0.75);
    found(&w, 0, 10, 10, 50, 0.8);
    found(&w, 0, 110, 10, 50, 0.7);
    evaluate(&w);
    assert_near(w.figures[LP_AP], (51 + 50 * 2.0 / 3) / 101);
    end(&w);

    begin(&w, 1); /* right, right, wrong: the wrong one costs nothing */
    person(&w, 0, 10, 10, 50);
    person(&w, 0, 110, 10, 50);
    found(&w, 0, 500, 500, 50, 0.1);
    found(&w, 0, 10, 10, 50, 0.8);
    found(&w, 0, 110, 10, 50, 0.7);
    evaluate(&w);
    assert_near(w.figures[LP_AP], 1);
    end(&w);
}

/* One keypoint, moved so that OKS is 0.72: right at 0.50 to 0.70, five of the ten thresholds. */
static void a_shift_counts_at_some_thresholds(void **state) {
    (void)state;
    world w;
    begin(&w, 1);
    lp_label *const label = person(&w, 0, 10, 10, 50);
    for (int k = 1; k < LP_COCO17_KEYPOINTS; k++)
        label->labelled[k] = 0;
    label->labelled_count = label->keypoints = 1;
    const double sigma = 0.026, shift = sqrt(-log(0.72) * 2 * label->area * 4 * sigma * sigma);
    found(&w, 0, 10 + shift, 10, 50, 0.5);
    evaluate(&w);
    assert_near(lp_oks(label, &w.detections.list[0]), 0.72);
    assert_near(w.figures[LP_AP], 0.5);
    assert_near(w.figures[LP_AP_50], 1);
    assert_near(w.figures[LP_AP_75], 0);
    assert_near(w.figures[LP_AR], 0.5);
    end(&w);
}

/* Five people found in a crowd region are neither right nor wrong; one found in a person without keypoints likewise,
 * but only one: the second is wrong. */
static void crowds_and_people_without_keypoints_are_ignored(void **state) {
    (void)state;
    for (int crowd = 0; crowd < 2; crowd++) {
        world w;
        begin(&w, 1);
        person(&w, 0, 10, 10, 50);
        without_keypoints(person(&w, 0, 300, 300, 100), crowd);
        found(&w, 0, 10, 10, 50, 0.1);
        for (int i = 0; i < 5; i++)
            found(&w, 0, 300 + i, 300, 40, 0.5 + 0.1 * i);
        evaluate(&w);
        assert_near(w.figures[LP_AP], crowd ? 1 : 1.0 / 5);
        assert_near(w.figures[LP_AR], 1);
        end(&w);
    }
}

/* Without keypoints the distance is that from the box with as much again on each side: here x from 0 to 300, y from 100
 * to 400. All 17 at (320, 250) are 20 to the right of it; at (300, 400) they are on it. */
static void similarity_to_a_box(void **state) {
    (void)state;
    world w;
    double keypoints[3 * LP_COCO17_KEYPOINTS], wanted = 0;
    begin(&w, 1);
    lp_label *const label = person(&w, 0, 100, 200, 100);
    without_keypoints(label, 1);
    for (int corner = 0; corner < 2; corner++) {
        for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
            keypoints[3 * k] = corner ? 300 : 320;
            keypoints[3 * k + 1] = corner ? 400 : 250;
            keypoints[3 * k + 2] = 1;
        }
        assert_ok(lp_detections_add(&w.detections, 0, keypoints, 0.5, error));
    }
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++)
        wanted += exp(-400 / (2 * 1e4 * 4 * lp_coco_sigmas[k] * lp_coco_sigmas[k])) / LP_COCO17_KEYPOINTS;
    assert_near(lp_oks(label, &w.detections.list[0]), wanted);
    assert_near(lp_oks(label, &w.detections.list[1]), 1);
    w.detections.list[0].x[0] = -20;
    w.detections.list[1].y[0] = 80;
    assert_near(lp_oks(label, &w.detections.list[0]), wanted);
    assert_near(1 - lp_oks(label, &w.detections.list[1]),
                (1 - exp(-400 / (2 * 1e4 * 4 * 0.026 * 0.026))) / LP_COCO17_KEYPOINTS);
    end(&w);
}

/* The label that counts is taken although the crowd's OKS, 1 anywhere inside, is higher. */
static void a_person_goes_before_a_crowd(void **state) {
    (void)state;
    world w;
    begin(&w, 1);
    without_keypoints(person(&w, 0, 0, 0, 400), 1);
    person(&w, 0, 10, 10, 50);
    found(&w, 0, 11, 10, 50, 0.5);
    evaluate(&w);
    assert_near(w.figures[LP_AP_50], 1);
    assert_near(w.figures[LP_AR_50], 1);
    end(&w);
}

/* A medium and a large person, and a wrong detection of large extent that goes first: it counts among the large and
 * among all, not among the medium. */
static void area_ranges(void **state) {
    (void)state;
    world w;
    begin(&w, 1);
    person(&w, 0, 10, 10, 50);
    person(&w, 0, 200, 10, 100);
    found(&w, 0, 600, 600, 120, 0.9);
    found(&w, 0, 10, 10, 50, 0.8);
    found(&w, 0, 200, 10, 100, 0.7);
    evaluate(&w);
    assert_near(w.figures[LP_AP], 2.0 / 3);
    assert_near(w.figures[LP_AP_MEDIUM], 1);
    assert_near(w.figures[LP_AP_LARGE], 0.5);
    assert_near(w.figures[LP_AR_MEDIUM], 1);
    end(&w);
}

/* A missing keypoint lies at (0, 0) and stretches the extent: 40 x 40 at (300, 300) becomes 340 x 340. */
static void missing_keypoints_stretch_the_extent(void **state) {
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        world w;
        double keypoints[3 * LP_COCO17_KEYPOINTS] = {0};
        begin(&w, 1);
        person(&w, 0, 10, 10, 50);
        found(&w, 0, 10, 10, 50, 0.5);
        for (int k = missing; k < LP_COCO17_KEYPOINTS; k++) {
            keypoints[3 * k] = 300 + 40 * (k % 2);
            keypoints[3 * k + 1] = 300 + 40 * (k / 2 % 2);
            keypoints[3 * k + 2] = 1;
        }
        assert_int_equal(lp_detections_add(&w.detections, 0, keypoints, 0.9, NULL), LIGHTPOSE_OK);
        evaluate(&w);
        assert_near(w.detections.list[0].area, missing ? 340 * 340 : 40 * 40);
        assert_near(w.figures[LP_AP_MEDIUM], missing ? 1 : 0.5);
        end(&w);
    }
}

/* Equal scores go by image id, and within an image by the order in the results. */
static void ties_go_by_image_and_order(void **state) {
    (void)state;
    for (int right_first = 0; right_first < 2; right_first++) {
        world w;
        begin(&w, 2);
        person(&w, right_first ? 0 : 1, 10, 10, 50);
        found(&w, 1, right_first ? 500 : 10, 10, 50, 0.5);
        found(&w, 0, right_first ? 10 : 500, 10, 50, 0.5);
        evaluate(&w);
        assert_near(w.figures[LP_AP], right_first ? 1 : 0.5);
        end(&w);

        begin(&w, 1);
        person(&w, 0, 10, 10, 50);
        found(&w, 0, right_first ? 10 : 500, 10, 50, 0.5);
        found(&w, 0, right_first ? 500 : 10, 10, 50, 0.5);
        evaluate(&w);
        assert_near(w.figures[LP_AP], right_first ? 1 : 0.5);
        end(&w);
    }
}

/* Of two labels that fit alike, the later is taken: its twin is left for the second detection, which fits neither. */
static void equal_similarity_takes_the_later_label(void **state) {
    (void)state;
    world w;
    begin(&w, 1);
    const lp_label *const first = person(&w, 0, 10, 10, 50), *const second = person(&w, 0, 10, 10, 50);
    found(&w, 0, 10, 10, 50, 0.5);
    evaluate(&w);
    assert_ptr_equal(w.evaluation.all.list[0].label[LP_OKS_50], second);
    assert_ptr_not_equal(w.evaluation.all.list[0].label[LP_OKS_50], first);
    end(&w);
}

static void only_the_best_twenty_of_an_image_count(void **state) {
    (void)state;
    for (int wrong = 19; wrong < 21; wrong++) {
        world w;
        begin(&w, 1);
        person(&w, 0, 10, 10, 50);
        found(&w, 0, 10, 10, 50, 0.1);
        for (int i = 0; i < wrong; i++)
            found(&w, 0, 500, 500, 50, 0.9);
        evaluate(&w);
        assert_int_equal(w.detections.added, wrong + 1);
        assert_int_equal(w.detections.count, 20);
        assert_near(w.figures[LP_AP], wrong == 19 ? 1.0 / 20 : 0);
        assert_near(w.figures[LP_AR], wrong == 19 ? 1 : 0);
        end(&w);
    }
}

static void refuses_what_is_not_finite(void **state) {
    (void)state;
    world w;
    double keypoints[3 * LP_COCO17_KEYPOINTS] = {0};
    lightpose_error error = {0};
    begin(&w, 1);
    assert_int_equal(lp_detections_add(&w.detections, 0, keypoints, NAN, &error), LIGHTPOSE_ERROR_NOT_FINITE);
    assert_non_null(strstr(error.text, "score nan"));
    keypoints[3 * 5 + 1] = INFINITY;
    error = (lightpose_error){0};
    assert_int_equal(lp_detections_add(&w.detections, 0, keypoints, 1, &error), LIGHTPOSE_ERROR_NOT_FINITE);
    assert_non_null(strstr(error.text, "left_shoulder at 0, inf"));
    end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everyone_found),
        cmocka_unit_test(nobody_found_and_nobody_there),
        cmocka_unit_test(half_found),
        cmocka_unit_test(false_ones_ranked_first_and_last),
        cmocka_unit_test(a_shift_counts_at_some_thresholds),
        cmocka_unit_test(crowds_and_people_without_keypoints_are_ignored),
        cmocka_unit_test(similarity_to_a_box),
        cmocka_unit_test(a_person_goes_before_a_crowd),
        cmocka_unit_test(area_ranges),
        cmocka_unit_test(missing_keypoints_stretch_the_extent),
        cmocka_unit_test(ties_go_by_image_and_order),
        cmocka_unit_test(equal_similarity_takes_the_later_label),
        cmocka_unit_test(only_the_best_twenty_of_an_image_count),
        cmocka_unit_test(refuses_what_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
