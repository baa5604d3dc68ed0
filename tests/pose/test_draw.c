/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What drawing changes, and what it must not. */

#include "check.h"

#include <math.h>

#include "decode/skeleton.h"
#include "sheet.h"

/* The middle of a limb, a pixel that no keypoint covers. */
static void middle(const lightpose_pose *pose, int limb, int *x, int *y) {
    const lightpose_keypoint *const a = &pose->keypoints[lp_skeleton_limbs[limb].from];
    const lightpose_keypoint *const b = &pose->keypoints[lp_skeleton_limbs[limb].to];

    *x = (int)((a->x + b->x) / 2);
    *y = (int)((a->y + b->y) / 2);
}

static double distance_to_pose(const lightpose_pose *pose, double x, double y) {
    double least = INFINITY;

    for (int i = 0; i < LP_FIRST_HELPER_LIMB; i++) {
        const lightpose_keypoint *const a = &pose->keypoints[lp_skeleton_limbs[i].from];
        const lightpose_keypoint *const b = &pose->keypoints[lp_skeleton_limbs[i].to];
        const double dx = b->x - a->x, dy = b->y - a->y;
        const double t = fmin(1, fmax(0, ((x - a->x) * dx + (y - a->y) * dy) / (dx * dx + dy * dy)));
        least = fmin(least, hypot(a->x + t * dx - x, a->y + t * dy - y));
    }
    return least;
}

static void nobody_changes_nothing(void **state) {
    static sheet s;
    lightpose_draw_settings settings = sheet_settings();
    const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_BGR24);
    lightpose_pose nobody = {.id = 3, .score = 1};

    (void)state;
    settings.boxes = settings.scores = settings.completed = 1;
    sheet_paint(&canvas, NULL, 0, &settings);
    assert_int_equal(sheet_count_changed(&s), 0);
    sheet_paint(&canvas, &nobody, 1, &settings);
    assert_int_equal(sheet_count_changed(&s), 0);
}

/* Every pixel on the skeleton is drawn, none further than the widest disc with its rim. */
static void only_near_the_pose(void **state) {
    static sheet s;
    const lightpose_draw_settings settings = sheet_settings();

    (void)state;
    for (int i = 1; i <= 4; i++) {
        const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_RGB24);
        lightpose_pose pose = sheet_person(30.3, 20.7, i * 0.25);
        sheet_paint(&canvas, &pose, 1, &settings);
        for (int p = 0; p < SHEET_SIDE * SHEET_SIDE; p++) {
            const double away = distance_to_pose(&pose, p % SHEET_SIDE + 0.5, p / SHEET_SIDE + 0.5);
            if (away < 0.5 && !sheet_is_changed(&s, p % SHEET_SIDE, p / SHEET_SIDE))
                fail_msg("size %d: %d, %d is on the skeleton and not drawn", i, p % SHEET_SIDE, p / SHEET_SIDE);
            if (away > 6.5 && sheet_is_changed(&s, p % SHEET_SIDE, p / SHEET_SIDE))
                fail_msg("size %d: %d, %d is drawn, %g pixels away", i, p % SHEET_SIDE, p / SHEET_SIDE, away);
        }
    }
}

/* The picture of a mirrored pose is the mirrored picture: coordinates have their half pixel. */
static void is_centred(void **state) {
    static sheet left, right;
    const lightpose_draw_settings settings = sheet_settings();
    lightpose_pose a = {.id = -1}, b = {.id = -1};
    const lightpose_canvas on_left = sheet_clear(&left, LIGHTPOSE_BGR24),
                           on_right = sheet_clear(&right, LIGHTPOSE_BGR24);
    int worst = 0;

    (void)state;
    sheet_put(&a, 2, 50, 70);
    sheet_put(&a, 3, 180, 300);
    sheet_put(&b, 2, SHEET_SIDE - 50, 70);
    sheet_put(&b, 3, SHEET_SIDE - 180, 300);
    sheet_paint(&on_left, &a, 1, &settings);
    sheet_paint(&on_right, &b, 1, &settings);
    double sum_x = 0, sum_y = 0, weight = 0;
    for (int y = 0; y < SHEET_SIDE; y++)
        for (int x = 0; x < SHEET_SIDE; x++) {
            const int change = sheet_is_changed(&left, x, y);
            const int difference = abs(left.pixels[y][x][0] - right.pixels[y][SHEET_SIDE - 1 - x][0]);
            worst = difference > worst ? difference : worst;
            sum_x += change * (x + 0.5);
            sum_y += change * (y + 0.5);
            weight += change;
        }
    assert_in_range(worst, 0, 8);
    assert_true(fabs(sum_x / weight - 115) < 0.3);
    assert_true(fabs(sum_y / weight - 185) < 0.3);
}

static void one_colour_per_limb(void **state) {
    static sheet s;
    lightpose_draw_settings settings = sheet_settings();
    const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_BGR24);
    lightpose_pose pose = sheet_person(40, 30, 1);
    int colours[LP_FIRST_HELPER_LIMB];

    (void)state;
    settings.opacity = 1;
    sheet_paint(&canvas, &pose, 1, &settings);
    for (int i = 0; i < LP_FIRST_HELPER_LIMB; i++) {
        int x, y;
        middle(&pose, i, &x, &y);
        colours[i] = s.pixels[y][x][0] << 16 | s.pixels[y][x][1] << 8 | s.pixels[y][x][2];
        for (int j = 0; j < i; j++)
            assert_int_not_equal(colours[i], colours[j]);
    }
}

static void helpers_are_not_drawn(void **state) {
    (void)state;
    for (int limb = 0; limb < LIGHTPOSE_LIMBS; limb++) {
        static sheet s;
        const lightpose_draw_settings settings = sheet_settings();
        const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_BGR24);
        lightpose_pose pose = {.id = -1};
        int x, y;
        sheet_put(&pose, lp_skeleton_limbs[limb].from, 100, 120);
        sheet_put(&pose, lp_skeleton_limbs[limb].to, 300, 250);
        sheet_paint(&canvas, &pose, 1, &settings);
        middle(&pose, limb, &x, &y);
        assert_int_equal(sheet_is_changed(&s, x, y), limb < LP_FIRST_HELPER_LIMB);
        assert_true(sheet_is_changed(&s, 100, 120));
        assert_true(sheet_is_changed(&s, 300, 250));
    }
}

static void opacity_and_completed(void **state) {
    static sheet s;
    lightpose_draw_settings settings = sheet_settings();
    lightpose_pose pose = {.id = -1};
    int x, y, seen[3];

    (void)state;
    sheet_put(&pose, 2, 100, 120);
    sheet_put(&pose, 3, 300, 250);
    middle(&pose, 2, &x, &y);
    for (int i = 0; i < 3; i++) {
        const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_RGB24);
        settings.opacity = (float)i / 2;
        sheet_paint(&canvas, &pose, 1, &settings);
        seen[i] = s.pixels[y][x][0] - SHEET_GREY;
        assert_true(sheet_is_changed(&s, 100, 120));
    }
    assert_int_equal(seen[0], 0);
    assert_true(seen[2] > 100 && seen[1] > seen[2] / 3 && seen[1] < seen[2]);

    for (int completed = 0; completed < 2; completed++) {
        const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_RGB24);
        settings.completed = completed;
        pose.keypoints[3].state = LIGHTPOSE_COMPLETED;
        sheet_paint(&canvas, &pose, 1, &settings);
        assert_true(sheet_is_changed(&s, 100, 120));
        assert_int_equal(sheet_is_changed(&s, 300, 250), completed);
        assert_int_equal(sheet_is_changed(&s, x, y), completed);
        assert_true(s.pixels[y][x][0] - SHEET_GREY < seen[2]);
    }
    pose.keypoints[3].state = (lightpose_keypoint_state)9;
    const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_RGB24);
    sheet_paint(&canvas, &pose, 1, &settings);
    assert_false(sheet_is_changed(&s, 300, 250));
}

/* Where two people cross, the first of the result lies on top. */
static void the_best_lies_on_top(void **state) {
    static sheet s;
    lightpose_draw_settings settings = sheet_settings();
    lightpose_pose poses[2] = {{.id = -1}, {.id = -1}};
    uint8_t alone[2][3];

    (void)state;
    settings.opacity = 1;
    sheet_put(&poses[0], 2, 100, 100);
    sheet_put(&poses[0], 3, 300, 300);
    sheet_put(&poses[1], 5, 300, 100);
    sheet_put(&poses[1], 6, 100, 300);
    for (int i = 0; i < 2; i++) {
        const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_BGR24);
        sheet_paint(&canvas, &poses[i], 1, &settings);
        memcpy(alone[i], s.pixels[200][200], 3);
    }
    assert_memory_not_equal(alone[0], alone[1], 3);
    const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_BGR24);
    sheet_paint(&canvas, poses, 2, &settings);
    assert_memory_equal(s.pixels[200][200], alone[0], 3);
}

static void boxes(void **state) {
    static sheet s;
    lightpose_draw_settings settings = sheet_settings();
    const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_BGR24);
    lightpose_pose pose = sheet_person(40, 30, 0.8);

    (void)state;
    settings.boxes = 1;
    settings.opacity = 1;
    sheet_paint(&canvas, &pose, 1, &settings);
    /* Each side is found from outside, near the keypoints' box, and is whole. */
    int left = 0, top = 0, right = SHEET_SIDE - 1, bottom = SHEET_SIDE - 1;
    while (!sheet_is_changed(&s, left, 200))
        left++;
    while (!sheet_is_changed(&s, 60, top))
        top++;
    while (!sheet_is_changed(&s, right, 200))
        right--;
    while (!sheet_is_changed(&s, 60, bottom))
        bottom--;
    assert_true(left < pose.box.x && left > pose.box.x - 16);
    assert_true(top < pose.box.y && top > pose.box.y - 16);
    assert_true(right > pose.box.x + pose.box.width && right < pose.box.x + pose.box.width + 16);
    assert_true(bottom > pose.box.y + pose.box.height && bottom < pose.box.y + pose.box.height + 16);
    for (int x = left; x <= right; x++)
        assert_true(sheet_is_changed(&s, x, top) && sheet_is_changed(&s, x, bottom));
    for (int y = top; y <= bottom; y++)
        assert_true(sheet_is_changed(&s, left, y) && sheet_is_changed(&s, right, y));
    for (int x = 0; x < SHEET_SIDE; x++)
        assert_false(sheet_is_changed(&s, x, top - 1) || sheet_is_changed(&s, x, bottom + 1));
}

static int label_pixels(int64_t id, float score) {
    static sheet s;
    lightpose_draw_settings settings = sheet_settings();
    lightpose_pose pose = sheet_person(40, 80, 0.8);
    const lightpose_canvas canvas = sheet_clear(&s, LIGHTPOSE_BGR24);

    pose.id = id;
    pose.score = score;
    sheet_paint(&canvas, &pose, 1, &settings);
    const int before = sheet_count_changed(&s);
    settings.scores = 1;
    sheet_paint(&canvas, &pose, 1, &settings);
    return sheet_count_changed(&s) - before;
}

static void scores(void **state) {
    const int alone = label_pixels(-1, 0.87f), with_id = label_pixels(12, 0.87f);

    (void)state;
    assert_true(alone > 100);
    assert_true(with_id > alone * 5 / 4);
    assert_true(label_pixels(INT64_MAX, 1e30f) > with_id);
    assert_int_equal(label_pixels(-1, NAN), label_pixels(-1, 0));
    assert_int_equal(label_pixels(-1, -INFINITY), label_pixels(-1, 0));
}

static void public_function(void **state) {
    static sheet internal, exported;
    lightpose_draw_settings settings = sheet_settings(), defaults;
    lightpose_pose pose = sheet_person(40, 30, 1);
    lightpose_result result = {&pose, 1, 1};
    const lightpose_canvas a = sheet_clear(&internal, LIGHTPOSE_BGR24), b = sheet_clear(&exported, LIGHTPOSE_BGR24);

    (void)state;
    memset(&defaults, 0xff, sizeof defaults);
    lightpose_draw_settings_init(&defaults);
    assert_memory_equal(&defaults, &settings, sizeof defaults);
    assert_int_equal(defaults.boxes, 0);
    assert_int_equal(defaults.scores, 0);
    assert_int_equal(defaults.completed, 0);
    assert_true(defaults.opacity == 0.8f);
    sheet_paint(&a, &pose, 1, &settings);
    assert_ok(lightpose_canvas_draw(&b, &result, NULL, error));
    assert_memory_equal(&internal, &exported, sizeof internal);
    assert_fails(lightpose_canvas_draw(NULL, &result, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "canvas is NULL");
    assert_fails(lightpose_canvas_draw(&b, NULL, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "result is NULL");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_changes_nothing),
        cmocka_unit_test(only_near_the_pose),
        cmocka_unit_test(is_centred),
        cmocka_unit_test(one_colour_per_limb),
        cmocka_unit_test(helpers_are_not_drawn),
        cmocka_unit_test(opacity_and_completed),
        cmocka_unit_test(the_best_lies_on_top),
        cmocka_unit_test(boxes),
        cmocka_unit_test(scores),
        cmocka_unit_test(public_function),
    };

    return cmocka_run_group_tests_name("draw", tests, NULL, NULL);
}
