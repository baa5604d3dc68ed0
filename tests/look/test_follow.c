/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which part of a video's next frame is looked at. */

#include "check.h"

#include "image/geometry.h"
#include "look/follow.h"
#include "someone.h"

static const lp_scene scene = {1280, 720, 256.0 / 720, 1};
enum { NET_WIDTH = 456, NET_HEIGHT = 256 };

static void update(lp_follow *follow, const lightpose_pose *poses, int count) {
    const lp_follow_sizes sizes = {NET_WIDTH, NET_HEIGHT, 4 * NET_WIDTH, 4 * NET_HEIGHT};
    lp_follow_update(follow, &scene, &sizes, poses, count);
}

static void assert_is_around(const lp_crop *crop, const lightpose_pose *pose) {
    assert_true(crop->net_width > 0 && crop->net_width % LP_STRIDE == 0 && crop->net_height % LP_STRIDE == 0);
    assert_true(crop->x % 2 == 0 && crop->y % 2 == 0 && crop->x >= 0 && crop->y >= 0);
    assert_true(crop->x + crop->width <= scene.width && crop->y + crop->height <= scene.height);
    assert_true((float)crop->x <= pose->box.x && pose->box.x + pose->box.width <= (float)(crop->x + crop->width));
    assert_true((float)crop->y <= pose->box.y && pose->box.y + pose->box.height <= (float)(crop->y + crop->height));
}

static void assert_holds(const lp_crop *crop, const lightpose_pose *pose) {
    assert_true(crop->net_width % 16 == 0 && crop->net_height % 16 == 0);
    assert_is_around(crop, pose);
}

static void the_part_holds_everyone_and_costs_less_than_the_frame(void **state) {
    const lightpose_pose poses[] = {someone(400, 400, 200), someone(600, 420, 180)};
    lp_follow follow = {0};

    (void)state;
    update(&follow, poses, 2);
    assert_holds(&follow.crop, &poses[0]);
    assert_holds(&follow.crop, &poses[1]);
    assert_true(follow.crop.net_width * follow.crop.net_height <= LP_FOLLOW_MOST * NET_WIDTH * NET_HEIGHT);
    assert_true(follow.crop.scale >= scene.scale && follow.crop.scale <= LP_FOLLOW_ENLARGE * scene.scale);
}

static void people_all_over_the_frame_ask_for_all_of_it(void **state) {
    const lightpose_pose poses[] = {someone(60, 100, 100), someone(1200, 650, 100)};
    lp_follow follow = {0};

    (void)state;
    update(&follow, poses, 2);
    assert_int_equal(follow.crop.net_width, 0);
    assert_int_equal(follow.people, 2);
    update(&follow, poses, 0);
    assert_int_equal(follow.people, 0);
}

static void the_part_stays_for_small_steps_and_follows_large_ones(void **state) {
    lightpose_pose pose = someone(400, 400, 200);
    lp_follow follow = {0};

    (void)state;
    update(&follow, &pose, 1);
    const lp_crop first = follow.crop;
    pose = someone(404, 402, 200);
    update(&follow, &pose, 1);
    assert_memory_equal(&follow.crop, &first, sizeof first);
    for (int x = 404; x < 1300; x += 12) {
        pose = someone(x, 402, 200);
        update(&follow, &pose, 1);
        if (pose.box.x + pose.box.width < (float)scene.width)
            assert_holds(&follow.crop, &pose);
    }
    assert_true(follow.crop.x > first.x);
}

/* Their place is unknown, so the next frame is complete. */
static void people_outside_or_without_a_size_ask_for_all_of_the_frame(void **state) {
    lightpose_pose pose = someone(-4000, 400, 200);
    lp_follow follow = {0};

    (void)state;
    update(&follow, &pose, 1);
    assert_int_equal(follow.crop.net_width, 0);
    assert_int_equal(follow.people, 1);
    pose = (lightpose_pose){.score = 1};
    update(&follow, &pose, 1);
    assert_int_equal(follow.crop.net_width, 0);
    assert_int_equal(follow.people, 1);
}

/* One tall person in a narrow part, which would be enlarged beyond what the settings allow. */
static void the_part_keeps_to_the_limits(void **state) {
    const lightpose_pose pose = someone(640, 360, 640);
    int greatest = 0;

    (void)state;
    for (int room = 0; room <= 160; room += LP_STRIDE) {
        const lp_follow_sizes sizes = {NET_WIDTH, NET_HEIGHT, NET_WIDTH, NET_HEIGHT + room};
        lp_follow follow = {0};
        lp_follow_update(&follow, &scene, &sizes, &pose, 1);
        assert_is_around(&follow.crop, &pose);
        assert_true(follow.crop.net_height <= sizes.max_height && follow.crop.net_width <= sizes.max_width);
        assert_true(follow.crop.net_height >= greatest && follow.crop.scale >= scene.scale);
        greatest = follow.crop.net_height;
    }
    assert_true(greatest > 1.3 * NET_HEIGHT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_part_holds_everyone_and_costs_less_than_the_frame),
        cmocka_unit_test(people_all_over_the_frame_ask_for_all_of_it),
        cmocka_unit_test(the_part_stays_for_small_steps_and_follows_large_ones),
        cmocka_unit_test(people_outside_or_without_a_size_ask_for_all_of_the_frame),
        cmocka_unit_test(the_part_keeps_to_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
