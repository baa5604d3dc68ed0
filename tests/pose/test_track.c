/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The default assignment: who gets which id, and who gets none. */

#include "check.h"

#include <math.h>

#include "stage.h"

static void an_id_lasts_while_the_person_is_remembered(void **state) {
    (void)state;
    stage s;
    lightpose_tracker_settings settings;

    lightpose_tracker_settings_init(&settings);
    settings.keep_seconds = 2;
    stage_open(&s, &settings);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 0);
    stage_expect(&s, 1, 0);
    stage_frame(&s, 1.0); /* nobody */
    stage_frame(&s, 1.9);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 2.05); /* unseen for more than 2 s, but nobody noticed: the last frame was within */
    stage_expect(&s, 1, 0);
    stage_frame(&s, 4.1);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 4.2); /* forgotten at 4.1 */
    stage_expect(&s, 1, -1);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 4.3);
    stage_expect(&s, 1, 1); /* never 0 again */
    stage_close(&s);
}

static void the_people_of_the_last_frame_are_always_remembered(void **state) {
    (void)state;
    stage s;
    lightpose_tracker_settings settings;

    lightpose_tracker_settings_init(&settings);
    settings.keep_seconds = 0;
    stage_open(&s, &settings);
    for (int frame = 0; frame < 5; frame++) {
        stage_add(&s, 100, 100, 100);
        stage_frame(&s, 3.0 * frame);
        stage_expect(&s, 1, 0);
    }
    stage_frame(&s, 15);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 15.1);
    stage_expect(&s, 1, -1);
    stage_close(&s);
}

static void new_people_are_confirmed(void **state) {
    (void)state;
    stage s;
    lightpose_tracker_settings settings;

    lightpose_tracker_settings_init(&settings);
    settings.confirm_frames = 3;
    stage_open(&s, &settings);
    for (int frame = 0; frame < 8; frame++) {
        stage_add(&s, 100, 100, 100);
        if (frame == 1 || frame == 2) /* one frame too few */
            stage_add(&s, 500, 100, 100);
        if (frame >= 4)
            stage_add(&s, 900, 100, 100);
        stage_frame(&s, 0.04 * frame);
        if (frame == 1 || frame == 2)
            stage_expect(&s, 2, 0, -1);
        else if (frame == 4 || frame == 5)
            stage_expect(&s, 2, 0, -1);
        else if (frame >= 6)
            stage_expect(&s, 2, 0, 1); /* the false detection took no id */
        else
            stage_expect(&s, 1, 0);
    }
    stage_close(&s);

    settings.confirm_frames = 1;
    stage_open(&s, &settings);
    stage_frame(&s, 0);
    stage_add(&s, 100, 100, 100);
    stage_frame(&s, 0.1);
    stage_expect(&s, 1, 0);
    stage_close(&s);
}

/* Where the greedy reference leaves the second pose with nothing, both keep their ids. */
static void the_best_for_all_is_taken(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    stage_add(&s, 100, 100, 100);
    stage_add(&s, 116, 100, 100);
    stage_frame(&s, 0);
    stage_expect(&s, 2, 0, 1);
    stage_add(&s, 107, 100, 100); /* nearer to 0 */
    stage_add(&s, 91, 100, 100);  /* near 0, far from 1 */
    stage_frame(&s, 0.1);
    stage_expect(&s, 2, 1, 0);
    stage_close(&s);
}

/* Two people of the same size walk through each other, both unseen for ten frames. */
static void motion_carries_ids_across_a_crossing(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 60; frame++) {
        const int hidden = frame >= 25 && frame < 35;
        if (!hidden) {
            stage_add(&s, 100 + 8 * frame, 100, 200);
            stage_add(&s, 572 - 8 * frame, 104, 200);
        }
        stage_frame(&s, frame / 30.0);
        if (hidden)
            stage_expect(&s, 0);
        else
            stage_expect(&s, 2, 0, 1);
    }
    stage_close(&s);
}

static void a_second_pose_on_a_person_gets_no_id(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 4; frame++) {
        stage_add(&s, 100, 100, 200);
        if (frame == 1 || frame == 2) {
            stage_add(&s, 103, 98, 200);  /* a double */
            for (int k = 8; k <= 13; k++) /* and a part: the legs alone */
                stage_put(&s, 1, k, 0, 0, LIGHTPOSE_MISSING);
        }
        if (frame == 2) {
            for (int k = 8; k <= 13; k++)
                stage_put(&s, 0, k, 0, 0, LIGHTPOSE_MISSING);
        }
        stage_frame(&s, 0.04 * frame);
        if (frame == 1 || frame == 2)
            stage_expect(&s, 2, 0, -1);
        else
            stage_expect(&s, 1, 0);
    }
    stage_close(&s);
}

/* The legs, which the second frame shows apart, belong to someone remembered with legs. */
static void a_part_of_a_person_gets_no_id(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    stage_add(&s, 100, 100, 200);
    stage_frame(&s, 0);
    stage_expect(&s, 1, 0);
    for (int frame = 1; frame < 6; frame++) {
        stage_add(&s, 100, 100, 200);
        stage_add(&s, 100, 100, 200);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            stage_put(&s, k >= 8 && k <= 13 ? 0 : 1, k, 0, 0, LIGHTPOSE_MISSING);
        stage_frame(&s, 0.04 * frame);
        stage_expect(&s, 2, 0, -1);
    }
    stage_close(&s);
}

/* Someone stands close to another and is not seen; a second pose on the other does not pass for them. */
static void a_second_pose_does_not_pass_for_someone_unseen(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 20; frame++) {
        const int hidden = frame >= 5 && frame < 12;
        stage_add(&s, 100, 100, 200);
        if (hidden)
            stage_add(&s, 106, 100, 200);
        else
            stage_add(&s, 130, 100, 200);
        stage_frame(&s, 0.04 * frame);
        stage_expect(&s, 2, 0, hidden ? -1 : 1);
    }
    stage_close(&s);
}

/* The camera swings by half a picture while one of five people is hidden. */
static void those_unseen_move_with_the_camera(void **state) {
    (void)state;
    static const int places[] = {300, 600, 1200, 1500, 900};
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 40; frame++) {
        const double pan = frame < 10 ? 0 : fmin(20.0 * (frame - 10), 300);
        const int hidden = frame >= 8 && frame < 30;
        for (int p = 0; p < (hidden ? 4 : 5); p++)
            stage_add(&s, places[p] + pan, 100, 150);
        stage_frame(&s, 0.04 * frame);
        if (hidden)
            stage_expect(&s, 4, 0, 1, 2, 3);
        else
            stage_expect(&s, 5, 0, 1, 2, 3, 4);
    }
    stage_close(&s);
}

/* Of two who fit a pose alike, the one seen last is taken. */
static void the_one_seen_last_is_taken(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    stage_add(&s, 100, 100, 200);
    stage_add(&s, 140, 100, 200);
    stage_frame(&s, 0);
    stage_expect(&s, 2, 0, 1);
    for (int frame = 1; frame < 12; frame++) {
        stage_add(&s, 140, 100, 200);
        stage_frame(&s, 0.04 * frame);
        stage_expect(&s, 1, 1);
    }
    stage_add(&s, 120, 100, 200);
    stage_frame(&s, 0.48);
    stage_expect(&s, 1, 1);
    stage_close(&s);
}

static void poses_without_keypoints_get_no_id(void **state) {
    (void)state;
    stage s;

    stage_open(&s, NULL);
    for (int frame = 0; frame < 4; frame++) {
        s.poses[s.result.count++] = (lightpose_pose){.id = 77};
        stage_frame(&s, frame);
        stage_expect(&s, 1, -1);
    }
    stage_close(&s);
}

static void order_x_sorts_from_left_to_right(void **state) {
    (void)state;
    lightpose_tracker_settings settings;
    stage s;

    lightpose_tracker_settings_init(&settings);
    settings.order = LIGHTPOSE_ORDER_X;
    stage_open(&s, &settings);
    stage_add(&s, 500, 100, 100);
    stage_add(&s, 100, 100, 100);
    stage_add(&s, 300, 100, 100);
    s.poses[s.result.count++] = (lightpose_pose){.score = 0.5f};
    stage_frame(&s, 0);
    stage_expect(&s, 4, 1, 2, 0, -1);
    stage_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_lasts_while_the_person_is_remembered),
        cmocka_unit_test(the_people_of_the_last_frame_are_always_remembered),
        cmocka_unit_test(new_people_are_confirmed),
        cmocka_unit_test(the_best_for_all_is_taken),
        cmocka_unit_test(motion_carries_ids_across_a_crossing),
        cmocka_unit_test(a_second_pose_on_a_person_gets_no_id),
        cmocka_unit_test(a_part_of_a_person_gets_no_id),
        cmocka_unit_test(a_second_pose_does_not_pass_for_someone_unseen),
        cmocka_unit_test(those_unseen_move_with_the_camera),
        cmocka_unit_test(the_one_seen_last_is_taken),
        cmocka_unit_test(poses_without_keypoints_get_no_id),
        cmocka_unit_test(order_x_sorts_from_left_to_right),
    };
    return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
