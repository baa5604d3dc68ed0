/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A known number of people: always so many poses, in a fixed order. */

#include "pose/tracker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "stage.h"

static void open_slots(stage *s, int people, lightpose_order order, float keep_seconds) {
    lightpose_tracker_settings settings;

    lightpose_tracker_settings_init(&settings);
    settings.expect_people = people;
    settings.order = order;
    settings.keep_seconds = keep_seconds;
    stage_open(s, &settings);
}

/* One frame of a twenty-fifth of a second; `seen` has a letter for each person in sight, who stands at x. */
typedef struct sitter {
    char name;
    double x;
} sitter;

static const sitter sitters[] = {{'a', 100}, {'b', 400}, {'c', 700}, {'d', 1000}, {'C', 760}};

static void frames(stage *s, int count, double *time, const char *seen) {
    for (int frame = 0; frame < count; frame++) {
        s->result.count = 0;
        for (const char *name = seen; *name; name++) {
            for (size_t i = 0; i < sizeof sitters / sizeof *sitters; i++) {
                if (sitters[i].name == *name)
                    stage_add(s, sitters[i].x, 200, 200);
            }
        }
        *time += 0.04;
        stage_frame(s, *time);
    }
}

/* Each slot holds the sitter of that letter, '-' for nobody. */
static void expect(const stage *s, const char *slots) {
    size_t count = 0;

    for (; slots[count]; count++) {
        const lightpose_pose *const pose = &s->poses[count];
        assert_int_equal(pose->id, (int)count);
        if (slots[count] != '-') {
            for (size_t i = 0; i < sizeof sitters / sizeof *sitters; i++) {
                if (sitters[i].name == slots[count])
                    assert_near(pose->keypoints[1].x, sitters[i].x, 1);
            }
            continue;
        }
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
            assert_int_equal(pose->keypoints[k].state, LIGHTPOSE_MISSING);
            assert_near(pose->keypoints[k].x, 0, 0);
            assert_near(pose->keypoints[k].y, 0, 0);
            assert_near(pose->keypoints[k].score, 0, 0);
        }
        assert_int_equal(pose->keypoint_count, 0);
        assert_near(pose->score, 0, 0);
        assert_near(pose->rank, 0, 0);
        assert_near(pose->box.width, 0, 0);
    }
    assert_int_equal(s->result.count, count);
}

static void slots_go_from_left_to_right(void **state) {
    (void)state;
    double time = 0;
    stage s;

    open_slots(&s, 3, LIGHTPOSE_ORDER_X, 2);
    frames(&s, 1, &time, "cab");
    expect(&s, "abc");
    frames(&s, 10, &time, "bca");
    expect(&s, "abc");
    stage_close(&s);
}

static void absentees_keep_their_slots(void **state) {
    (void)state;
    double time = 0;
    stage s;

    open_slots(&s, 3, LIGHTPOSE_ORDER_X, 2);
    frames(&s, 3, &time, "abc");
    frames(&s, 1, &time, "ca");
    expect(&s, "a-c");
    frames(&s, 1, &time, "");
    expect(&s, "---");
    frames(&s, 1, &time, "b");
    expect(&s, "-b-");
    frames(&s, 200, &time, "c"); /* long forgotten */
    expect(&s, "--c");
    frames(&s, 1, &time, "cab"); /* new people are confirmed first */
    expect(&s, "--c");
    frames(&s, 1, &time, "cab");
    expect(&s, "abc");
    stage_close(&s);
}

static void ghosts_are_removed(void **state) {
    (void)state;
    double time = 0;
    stage s;

    open_slots(&s, 2, LIGHTPOSE_ORDER_X, 2);
    frames(&s, 3, &time, "ac");
    expect(&s, "ac");
    frames(&s, 20, &time, "bacd");
    expect(&s, "ac");
    /* While c is remembered nobody takes the slot. */
    frames(&s, 20, &time, "ad");
    expect(&s, "a-");
    frames(&s, 1, &time, "adc");
    expect(&s, "ac");
    stage_close(&s);
}

/* Until all were seen together nobody knows who belongs where: those in sight come first. */
static void slots_settle_when_all_are_seen_together(void **state) {
    (void)state;
    double time = 0;
    stage s;

    open_slots(&s, 3, LIGHTPOSE_ORDER_X, 2);
    frames(&s, 5, &time, "c");
    expect(&s, "c--");
    frames(&s, 5, &time, "ca");
    expect(&s, "ac-");
    frames(&s, 1, &time, "c");
    expect(&s, "c--");
    frames(&s, 4, &time, "abc");
    expect(&s, "abc");
    frames(&s, 1, &time, "c");
    expect(&s, "--c");
    stage_close(&s);
}

/* A false detection that took a slot before all were seen gives it up once it is forgotten. */
static void a_false_detection_does_not_keep_a_seat_from_settling(void **state) {
    (void)state;
    double time = 0;
    stage s;

    open_slots(&s, 2, LIGHTPOSE_ORDER_RANK, 1);
    frames(&s, 3, &time, "d");
    frames(&s, 30, &time, "a");
    expect(&s, "-a");
    frames(&s, 3, &time, "ab");
    expect(&s, "ba");
    frames(&s, 60, &time, "a");
    expect(&s, "-a");
    stage_close(&s);
}

static void order_rank_slots_by_first_appearance(void **state) {
    (void)state;
    double time = 0;
    stage s;

    open_slots(&s, 3, LIGHTPOSE_ORDER_RANK, 2);
    frames(&s, 1, &time, "cab");
    expect(&s, "cab");
    frames(&s, 5, &time, "abc");
    expect(&s, "cab");
    frames(&s, 1, &time, "b");
    expect(&s, "--b");
    stage_close(&s);
}

/* The slot whose usual place is nearest, and no other, takes someone who comes back from elsewhere. */
static void one_who_was_lost_takes_the_nearest_free_slot(void **state) {
    (void)state;
    double time = 0;
    stage s;

    open_slots(&s, 3, LIGHTPOSE_ORDER_X, 0.2f);
    frames(&s, 5, &time, "abc");
    frames(&s, 20, &time, "ab");
    expect(&s, "ab-");
    frames(&s, 3, &time, "abC");
    expect(&s, "abC");
    frames(&s, 20, &time, "bC");
    frames(&s, 5, &time, "bCd"); /* nearest to C's slot, which is taken, though a's is free */
    expect(&s, "-bC");
    stage_close(&s);
}

/* A slot's place is where its people usually are, not where they were seen last. */
static void slots_stay_where_people_usually_are(void **state) {
    (void)state;
    stage s;

    open_slots(&s, 2, LIGHTPOSE_ORDER_X, 0.5f);
    for (int frame = 0; frame < 300; frame++) {
        const double x = frame < 200 ? 100 : 100 + 20 * (frame - 200); /* goes towards the other, and is lost */
        s.result.count = 0;
        stage_add(&s, 700, 200, 200);
        if (frame < 225)
            stage_add(&s, x, 200, 200);
        if (frame > 270)
            stage_add(&s, 560, 200, 200); /* a false detection, nearest to the slot that is taken */
        stage_frame(&s, 0.04 * frame);
        assert_int_equal(s.result.count, 2);
        assert_int_equal(s.poses[0].keypoint_count, frame < 225 ? LIGHTPOSE_KEYPOINTS : 0);
        assert_int_equal(s.poses[1].keypoint_count, LIGHTPOSE_KEYPOINTS);
    }
    stage_close(&s);
}

static void people_keep_their_slots_when_they_cross(void **state) {
    (void)state;
    stage s;

    open_slots(&s, 2, LIGHTPOSE_ORDER_X, 2);
    for (int frame = 0; frame < 80; frame++) {
        s.result.count = 0;
        stage_add(&s, 100 + 10 * frame, 200, 200);
        if (frame < 35 || frame > 45) /* hidden while they cross */
            stage_add(&s, 900 - 10 * frame, 210, 200);
        stage_frame(&s, 0.04 * frame);
        assert_int_equal(s.result.count, 2);
        assert_near(s.poses[0].keypoints[1].x, 100 + 10 * frame, 15);
        if (frame < 35 || frame > 45) /* smoothed, so a little behind */
            assert_near(s.poses[1].keypoints[1].x, 900 - 10 * frame, 15);
    }
    stage_close(&s);
}

static void slots_outlast_a_stream_begun_again(void **state) {
    (void)state;
    double time = 0;
    stage s;

    open_slots(&s, 3, LIGHTPOSE_ORDER_X, 2);
    frames(&s, 50, &time, "abc");
    time = 0;
    frames(&s, 1, &time, "c");
    expect(&s, "--c");
    frames(&s, 2, &time, "ca");
    expect(&s, "a-c");
    stage_close(&s);
}

static void a_single_person_is_always_the_first(void **state) {
    (void)state;
    double time = 0;
    stage s;

    open_slots(&s, 1, LIGHTPOSE_ORDER_X, 0.5f);
    frames(&s, 1, &time, "");
    expect(&s, "-");
    frames(&s, 10, &time, "a");
    expect(&s, "a");
    frames(&s, 30, &time, "d");
    expect(&s, "d");
    stage_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_go_from_left_to_right),
        cmocka_unit_test(absentees_keep_their_slots),
        cmocka_unit_test(ghosts_are_removed),
        cmocka_unit_test(slots_settle_when_all_are_seen_together),
        cmocka_unit_test(a_false_detection_does_not_keep_a_seat_from_settling),
        cmocka_unit_test(order_rank_slots_by_first_appearance),
        cmocka_unit_test(one_who_was_lost_takes_the_nearest_free_slot),
        cmocka_unit_test(slots_stay_where_people_usually_are),
        cmocka_unit_test(people_keep_their_slots_when_they_cross),
        cmocka_unit_test(slots_outlast_a_stream_begun_again),
        cmocka_unit_test(a_single_person_is_always_the_first),
    };
    return cmocka_run_group_tests_name("track_slots", tests, NULL, NULL);
}
