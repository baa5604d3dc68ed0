/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which parts of an image are looked at again. */

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "look/crops.h"
#include "someone.h"

enum { MANY = 40 };

static lp_crops crops;
static lightpose_pose poses[MANY];

static const lp_crop *choose(const lp_scene *scene, int count, int most) {
    assert_ok(lp_crops_choose(&crops, scene, poses, count, most, error));
    assert_true(crops.count <= most);
    return crops.data;
}

static void assert_shows(const lp_crop *crop, const lightpose_pose *pose) {
    assert_true((float)crop->x <= pose->box.x && pose->box.x + pose->box.width <= (float)(crop->x + crop->width));
    assert_true((float)crop->y <= pose->box.y && pose->box.y + pose->box.height <= (float)(crop->y + crop->height));
}

static void a_small_person_is_enlarged_whole_and_inside_the_image(void **state) {
    (void)state;
    const lp_scene scene = {1280, 720, 256.0 / 720, 1};
    static const double places[][2] = {{640, 360}, {20, 360}, {1270, 60}, {5, 710}, {640, 30}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        poses[0] = someone(places[i][0], places[i][1], 100);
        const lp_crop *const crop = choose(&scene, 1, 5);
        assert_int_equal(crops.count, 1);
        assert_int_equal(lp_crops_of(&crops, 0), 0);
        assert_true(crop->x >= 0 && crop->y >= 0 && crop->x % 2 == 0 && crop->y % 2 == 0);
        assert_true(crop->x + crop->width <= scene.width && crop->y + crop->height <= scene.height);
        assert_int_equal(crop->net_height, LP_LOOK_HEIGHT);
        assert_true(crop->scale > LP_LOOK_GAIN * scene.scale);
        assert_true(crop->width * crop->scale <= crop->net_width + 3 * crop->scale);
        if (i == 0) {
            assert_shows(crop, &poses[0]);
            assert_int_equal(crop->net_width, 160);
            assert_in_range((int)(100 * crop->scale), 120, 200); /* network rows of the person */
        }
    }
}

static void who_was_seen_well_or_fills_the_picture_is_left_alone(void **state) {
    (void)state;
    const lp_scene scene = {640, 480, 256.0 / 480, 1};
    poses[0] = someone(320, 240, 700);
    assert_true(lp_body_height(&poses[0], 1) * scene.scale > LP_LOOK_ROWS);
    choose(&scene, 1, 5);
    assert_int_equal(crops.count, 0);
    assert_int_equal(lp_crops_of(&crops, 0), -1);
    /* A crop that would be the whole picture shows nothing new, however small the picture. */
    const lp_scene thumbnail = {60, 80, 256.0 / 80, 1};
    poses[0] = someone(30, 40, 66);
    choose(&thumbnail, 1, 5);
    assert_int_equal(crops.count, 0);
}

static void neighbours_share_a_crop_and_strangers_do_not(void **state) {
    (void)state;
    const lp_scene scene = {1920, 1080, 256.0 / 1080, 1};
    poses[0] = someone(600, 500, 120);
    poses[1] = someone(660, 510, 130);
    poses[2] = someone(1700, 500, 120);
    poses[3] = someone(630, 500, 20); /* far away behind them: needs more enlargement */
    const lp_crop *const crop = choose(&scene, 4, 9);
    assert_int_equal(crops.count, 3);
    assert_int_equal(lp_crops_of(&crops, 0), lp_crops_of(&crops, 1));
    assert_int_not_equal(lp_crops_of(&crops, 0), lp_crops_of(&crops, 2));
    assert_int_not_equal(lp_crops_of(&crops, 0), lp_crops_of(&crops, 3));
    assert_shows(&crop[lp_crops_of(&crops, 0)], &poses[0]);
    assert_shows(&crop[lp_crops_of(&crops, 0)], &poses[1]);
}

static void stand_three(double aspect) {
    poses[0] = someone(600, 500, 120);
    poses[1] = someone(900, 510, 130);
    poses[2] = someone(1700, 500, 120);
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            poses[i].keypoints[k].x /= (float)aspect;
        poses[i].box = lp_pose_box(&poses[i]);
    }
}

/* Pixels twice as wide as high: half the columns, and the same crops. */
static void the_shape_of_pixels_makes_no_difference(void **state) {
    (void)state;
    const lp_scene square = {1920, 1080, 256.0 / 1080, 1}, wide = {960, 1080, 256.0 / 1080, 2};
    lp_crop expected[3];

    stand_three(1);
    (void)choose(&square, 3, 3);
    memcpy(expected, crops.data, (size_t)crops.count * sizeof *expected);
    const int count = crops.count;
    assert_true(count >= 2);
    stand_three(2);
    const lp_crop *const crop = choose(&wide, 3, 3);
    assert_int_equal(crops.count, count);
    for (int i = 0; i < count; i++) {
        assert_int_equal(crop[i].net_width, expected[i].net_width);
        assert_true(fabs(crop[i].scale / expected[i].scale - 1) < 1e-3);
        assert_true(abs(2 * crop[i].x - expected[i].x) <= 4 && abs(crop[i].y - expected[i].y) <= 2);
        assert_true(abs(2 * crop[i].width - expected[i].width) <= 2);
        assert_true(abs(crop[i].height - expected[i].height) <= 1);
    }
}

/* The surest of equals comes first, then whom a crop enlarges most. */
static void the_budget_goes_to_those_who_gain_most(void **state) {
    (void)state;
    const lp_scene scene = {4000, 1000, 256.0 / 1000, 1};
    for (int i = 0; i < MANY; i++)
        poses[i] = someone(50 + 99 * i, i % 2 ? 250 : 750, i == 30 ? 30 : 90);
    poses[20].rank = 4;
    for (int most = 1; most < 12; most += 5) {
        choose(&scene, MANY, most);
        assert_int_equal(crops.count, most);
        assert_int_equal(lp_crops_of(&crops, 20), 0);
        assert_int_equal(lp_crops_of(&crops, 30), most > 1 ? 1 : -1);
    }
    choose(&scene, MANY, 0);
    assert_int_equal(crops.count, 0);
}

static void poses_of_few_or_wild_keypoints_are_survived(void **state) {
    (void)state;
    const lp_scene scene = {640, 480, 256.0 / 480, 1};
    poses[0] = (lightpose_pose){.score = 1};
    poses[1] = someone(300, 200, 50);
    for (int k = 1; k < LIGHTPOSE_KEYPOINTS; k++)
        poses[1].keypoints[k].state = LIGHTPOSE_MISSING;
    poses[2] = someone(300, 200, 50);
    poses[2].keypoints[3].x = NAN;
    poses[2].box = (lightpose_box){NAN, NAN, NAN, NAN};
    poses[3] = someone(1e30, -1e30, 50);
    poses[4] = someone(300, 200, 0);
    choose(&scene, 5, 5);
    assert_true(lp_body_height(&poses[0], 1) == 0 && lp_body_height(&poses[1], 1) == 0);
}

static void a_head_tells_how_large_its_body_is(void **state) {
    (void)state;
    lightpose_pose pose = someone(300, 300, 200);
    const double whole = lp_body_height(&pose, 1);
    for (int k = 2; k < 14; k++)
        pose.keypoints[k].state = LIGHTPOSE_MISSING;
    assert_true(pose.box.height > 190);
    pose.box = lp_pose_box(&pose);
    assert_true(pose.box.height < 40);
    assert_true(fabs(log(lp_body_height(&pose, 1) / whole)) < log(1.6));
}

static void tiles_cover_the_image_and_overlap(void **state) {
    (void)state;
    const lp_scene scene = {1283, 719, 256.0 / 719, 1};
    for (int rows = 1; rows <= 4; rows++) {
        static uint8_t covered[719][1283];
        memset(covered, 0, sizeof covered);
        assert_ok(lp_crops_tile(&crops, &scene, poses, 0, rows, 464, 256, error));
        assert_int_equal(crops.count, rows * rows);
        const lp_crop *const tiles = crops.data;
        for (int i = 0; i < crops.count; i++) {
            assert_true(tiles[i].x % 2 == 0 && tiles[i].y % 2 == 0);
            assert_true(tiles[i].x >= 0 && tiles[i].x + tiles[i].width <= scene.width);
            assert_true(tiles[i].y >= 0 && tiles[i].y + tiles[i].height <= scene.height);
            assert_true(tiles[i].height * tiles[i].scale < 256 + 3 * tiles[i].scale);
            for (int y = tiles[i].y; y < tiles[i].y + tiles[i].height; y++)
                memset(&covered[y][tiles[i].x], 1, (size_t)tiles[i].width);
        }
        for (int y = 0; y < 719; y++)
            assert_null(memchr(covered[y], 0, sizeof covered[y]));
    }
}

static void a_person_belongs_to_the_tile_that_shows_all_of_it(void **state) {
    (void)state;
    const lp_scene scene = {1000, 1000, 0.256, 1};
    poses[0] = someone(100, 100, 50);
    poses[1] = someone(900, 120, 50);
    poses[2] = someone(510, 800, 50); /* in the overlap */
    poses[3] = someone(500, 500, 800);
    assert_ok(lp_crops_tile(&crops, &scene, poses, 4, 2, 256, 256, error));
    assert_int_equal(lp_crops_of(&crops, 0), 0);
    assert_int_equal(lp_crops_of(&crops, 1), 1);
    assert_true(lp_crops_of(&crops, 2) >= 2);
    assert_shows((const lp_crop *)crops.data + lp_crops_of(&crops, 2), &poses[2]);
    assert_int_equal(lp_crops_of(&crops, 3), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_person_is_enlarged_whole_and_inside_the_image),
        cmocka_unit_test(who_was_seen_well_or_fills_the_picture_is_left_alone),
        cmocka_unit_test(neighbours_share_a_crop_and_strangers_do_not),
        cmocka_unit_test(the_shape_of_pixels_makes_no_difference),
        cmocka_unit_test(the_budget_goes_to_those_who_gain_most),
        cmocka_unit_test(poses_of_few_or_wild_keypoints_are_survived),
        cmocka_unit_test(a_head_tells_how_large_its_body_is),
        cmocka_unit_test(tiles_cover_the_image_and_overlap),
        cmocka_unit_test(a_person_belongs_to_the_tile_that_shows_all_of_it),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    lp_crops_free(&crops);
    return failed;
}
