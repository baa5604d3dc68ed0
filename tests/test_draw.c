/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Drawing: what changes, what must not, and poses and canvases of every kind. */

#include "check.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "decode/skeleton.h"
#include "guarded.h"
#include "pose/draw.h"

static uint64_t seed = 0x2545f4914f6cdd1d;

static int draw_number(int below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)((seed >> 16) % (uint64_t)below);
}

enum { SIDE = 400, GREY = 90 };

/* A square canvas of BGR24 in one grey. */
typedef struct sheet {
    uint8_t pixels[SIDE][SIDE][3];
} sheet;

static lightpose_canvas clear(sheet *s, lightpose_format format) {
    memset(s, GREY, sizeof *s);
    return (lightpose_canvas){
        .pixels = &s->pixels[0][0][0], .stride = 3 * SIDE, .width = SIDE, .height = SIDE, .format = format};
}

static lightpose_draw_settings plain(void) {
    lightpose_draw_settings settings;

    memset(&settings, 0xff, sizeof settings);
    lp_draw_settings_default(&settings);
    return settings;
}

static void put(lightpose_pose *pose, int keypoint, double x, double y) {
    pose->keypoints[keypoint] = (lightpose_keypoint){(float)x, (float)y, 0.5f, LIGHTPOSE_DETECTED};
    pose->keypoint_count++;
    pose->box = lp_pose_box(pose);
}

/* A person whose limbs do not cross, with 20 pixels or more between keypoints; `size` 1 takes 300 x 340 pixels. */
static lightpose_pose person(double x, double y, double size) {
    static const double at[LIGHTPOSE_KEYPOINTS][2] = {
        {150, 40},  {150, 100}, {90, 105},  {40, 150},  {0, 210},   {210, 105}, {260, 150}, {300, 210}, {120, 200},
        {110, 270}, {100, 340}, {180, 200}, {190, 270}, {200, 340}, {125, 20},  {175, 20},  {90, 30},   {210, 30}};
    lightpose_pose pose = {.score = 0.75f, .id = -1};

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        put(&pose, k, x + size * at[k][0], y + size * at[k][1]);
    return pose;
}

static void paint(const lightpose_canvas *canvas, lightpose_pose *poses, size_t count,
                  const lightpose_draw_settings *settings) {
    const lightpose_result result = {poses, count, count};

    assert_ok(lp_draw(canvas, &result, settings, error));
}

static int is_changed(const sheet *s, int x, int y) {
    return s->pixels[y][x][0] != GREY || s->pixels[y][x][1] != GREY || s->pixels[y][x][2] != GREY;
}

static int count_changed(const sheet *s) {
    int count = 0;

    for (int i = 0; i < SIDE * SIDE; i++)
        count += is_changed(s, i % SIDE, i / SIDE);
    return count;
}

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
    lightpose_draw_settings settings = plain();
    const lightpose_canvas canvas = clear(&s, LIGHTPOSE_BGR24);
    lightpose_pose nobody = {.id = 3, .score = 1};

    (void)state;
    settings.boxes = settings.scores = settings.completed = 1;
    paint(&canvas, NULL, 0, &settings);
    assert_int_equal(count_changed(&s), 0);
    paint(&canvas, &nobody, 1, &settings);
    assert_int_equal(count_changed(&s), 0);
}

/* Every pixel on the skeleton is drawn, none further than the widest disc with its rim. */
static void only_near_the_pose(void **state) {
    static sheet s;
    const lightpose_draw_settings settings = plain();

    (void)state;
    for (int i = 1; i <= 4; i++) {
        const lightpose_canvas canvas = clear(&s, LIGHTPOSE_RGB24);
        lightpose_pose pose = person(30.3, 20.7, i * 0.25);
        paint(&canvas, &pose, 1, &settings);
        for (int p = 0; p < SIDE * SIDE; p++) {
            const double away = distance_to_pose(&pose, p % SIDE + 0.5, p / SIDE + 0.5);
            if (away < 0.5 && !is_changed(&s, p % SIDE, p / SIDE))
                fail_msg("size %d: %d, %d is on the skeleton and not drawn", i, p % SIDE, p / SIDE);
            if (away > 6.5 && is_changed(&s, p % SIDE, p / SIDE))
                fail_msg("size %d: %d, %d is drawn, %g pixels away", i, p % SIDE, p / SIDE, away);
        }
    }
}

/* The picture of a mirrored pose is the mirrored picture: coordinates have their half pixel. */
static void is_centred(void **state) {
    static sheet left, right;
    const lightpose_draw_settings settings = plain();
    lightpose_pose a = {.id = -1}, b = {.id = -1};
    const lightpose_canvas on_left = clear(&left, LIGHTPOSE_BGR24), on_right = clear(&right, LIGHTPOSE_BGR24);
    int worst = 0;

    (void)state;
    put(&a, 2, 50, 70);
    put(&a, 3, 180, 300);
    put(&b, 2, SIDE - 50, 70);
    put(&b, 3, SIDE - 180, 300);
    paint(&on_left, &a, 1, &settings);
    paint(&on_right, &b, 1, &settings);
    double sum_x = 0, sum_y = 0, weight = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int change = is_changed(&left, x, y);
            const int difference = abs(left.pixels[y][x][0] - right.pixels[y][SIDE - 1 - x][0]);
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
    lightpose_draw_settings settings = plain();
    const lightpose_canvas canvas = clear(&s, LIGHTPOSE_BGR24);
    lightpose_pose pose = person(40, 30, 1);
    int colours[LP_FIRST_HELPER_LIMB];

    (void)state;
    settings.opacity = 1;
    paint(&canvas, &pose, 1, &settings);
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
        const lightpose_draw_settings settings = plain();
        const lightpose_canvas canvas = clear(&s, LIGHTPOSE_BGR24);
        lightpose_pose pose = {.id = -1};
        int x, y;
        put(&pose, lp_skeleton_limbs[limb].from, 100, 120);
        put(&pose, lp_skeleton_limbs[limb].to, 300, 250);
        paint(&canvas, &pose, 1, &settings);
        middle(&pose, limb, &x, &y);
        assert_int_equal(is_changed(&s, x, y), limb < LP_FIRST_HELPER_LIMB);
        assert_true(is_changed(&s, 100, 120));
        assert_true(is_changed(&s, 300, 250));
    }
}

static void opacity_and_completed(void **state) {
    static sheet s;
    lightpose_draw_settings settings = plain();
    lightpose_pose pose = {.id = -1};
    int x, y, seen[3];

    (void)state;
    put(&pose, 2, 100, 120);
    put(&pose, 3, 300, 250);
    middle(&pose, 2, &x, &y);
    for (int i = 0; i < 3; i++) {
        const lightpose_canvas canvas = clear(&s, LIGHTPOSE_RGB24);
        settings.opacity = (float)i / 2;
        paint(&canvas, &pose, 1, &settings);
        seen[i] = s.pixels[y][x][0] - GREY;
        assert_true(is_changed(&s, 100, 120));
    }
    assert_int_equal(seen[0], 0);
    assert_true(seen[2] > 100 && seen[1] > seen[2] / 3 && seen[1] < seen[2]);

    for (int completed = 0; completed < 2; completed++) {
        const lightpose_canvas canvas = clear(&s, LIGHTPOSE_RGB24);
        settings.completed = completed;
        pose.keypoints[3].state = LIGHTPOSE_COMPLETED;
        paint(&canvas, &pose, 1, &settings);
        assert_true(is_changed(&s, 100, 120));
        assert_int_equal(is_changed(&s, 300, 250), completed);
        assert_int_equal(is_changed(&s, x, y), completed);
        assert_true(s.pixels[y][x][0] - GREY < seen[2]);
    }
    pose.keypoints[3].state = (lightpose_keypoint_state)9;
    const lightpose_canvas canvas = clear(&s, LIGHTPOSE_RGB24);
    paint(&canvas, &pose, 1, &settings);
    assert_false(is_changed(&s, 300, 250));
}

/* Where two people cross, the first of the result lies on top. */
static void the_best_lies_on_top(void **state) {
    static sheet s;
    lightpose_draw_settings settings = plain();
    lightpose_pose poses[2] = {{.id = -1}, {.id = -1}};
    uint8_t alone[2][3];

    (void)state;
    settings.opacity = 1;
    put(&poses[0], 2, 100, 100);
    put(&poses[0], 3, 300, 300);
    put(&poses[1], 5, 300, 100);
    put(&poses[1], 6, 100, 300);
    for (int i = 0; i < 2; i++) {
        const lightpose_canvas canvas = clear(&s, LIGHTPOSE_BGR24);
        paint(&canvas, &poses[i], 1, &settings);
        memcpy(alone[i], s.pixels[200][200], 3);
    }
    assert_memory_not_equal(alone[0], alone[1], 3);
    const lightpose_canvas canvas = clear(&s, LIGHTPOSE_BGR24);
    paint(&canvas, poses, 2, &settings);
    assert_memory_equal(s.pixels[200][200], alone[0], 3);
}

static void boxes(void **state) {
    static sheet s;
    lightpose_draw_settings settings = plain();
    const lightpose_canvas canvas = clear(&s, LIGHTPOSE_BGR24);
    lightpose_pose pose = person(40, 30, 0.8);

    (void)state;
    settings.boxes = 1;
    settings.opacity = 1;
    paint(&canvas, &pose, 1, &settings);
    /* Each side is found from outside, near the keypoints' box, and is whole. */
    int left = 0, top = 0, right = SIDE - 1, bottom = SIDE - 1;
    while (!is_changed(&s, left, 200))
        left++;
    while (!is_changed(&s, 60, top))
        top++;
    while (!is_changed(&s, right, 200))
        right--;
    while (!is_changed(&s, 60, bottom))
        bottom--;
    assert_true(left < pose.box.x && left > pose.box.x - 16);
    assert_true(top < pose.box.y && top > pose.box.y - 16);
    assert_true(right > pose.box.x + pose.box.width && right < pose.box.x + pose.box.width + 16);
    assert_true(bottom > pose.box.y + pose.box.height && bottom < pose.box.y + pose.box.height + 16);
    for (int x = left; x <= right; x++)
        assert_true(is_changed(&s, x, top) && is_changed(&s, x, bottom));
    for (int y = top; y <= bottom; y++)
        assert_true(is_changed(&s, left, y) && is_changed(&s, right, y));
    for (int x = 0; x < SIDE; x++)
        assert_false(is_changed(&s, x, top - 1) || is_changed(&s, x, bottom + 1));
}

static int label_pixels(int64_t id, float score) {
    static sheet s;
    lightpose_draw_settings settings = plain();
    lightpose_pose pose = person(40, 80, 0.8);
    const lightpose_canvas canvas = clear(&s, LIGHTPOSE_BGR24);

    pose.id = id;
    pose.score = score;
    paint(&canvas, &pose, 1, &settings);
    const int before = count_changed(&s);
    settings.scores = 1;
    paint(&canvas, &pose, 1, &settings);
    return count_changed(&s) - before;
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

/* One picture, in all formats and layouts of memory: the same colours at the same places, and nothing else written. */
static void every_format(void **state) {
    static sheet want;
    lightpose_draw_settings settings = plain();
    lightpose_pose poses[2] = {person(-60, -40, 1), person(150, 120, 1)};

    (void)state;
    settings.boxes = settings.scores = 1;
    poses[1].id = 5;
    const lightpose_canvas reference = clear(&want, LIGHTPOSE_BGR24);
    paint(&reference, poses, 2, &settings);
    assert_true(count_changed(&want) > 1000);
    for (int variant = 0; variant < 16; variant++) {
        const lightpose_format format = (lightpose_format)(LIGHTPOSE_BGR24 + variant % 4);
        const int bytes = variant % 4 < 2 ? 3 : 4, swapped = variant % 2, upside_down = variant / 4 % 2;
        const ptrdiff_t row = bytes * SIDE, stride = row + variant / 8 * 13;
        const size_t size = (size_t)(stride * (SIDE - 1) + row);
        guarded g = guarded_alloc(size, variant / 2 % 2);
        assert_non_null(g.data);
        memset(g.data, GREY, size);
        const lightpose_canvas canvas = {.pixels = g.data + (upside_down ? stride * (SIDE - 1) : 0),
                                         .stride = upside_down ? -stride : stride,
                                         .width = SIDE,
                                         .height = SIDE,
                                         .format = format};
        paint(&canvas, poses, 2, &settings);
        for (int y = 0; y < SIDE; y++) {
            const uint8_t *const line = canvas.pixels + y * canvas.stride;
            for (int x = 0; x < SIDE; x++)
                for (int c = 0; c < bytes; c++)
                    assert_int_equal(line[bytes * x + c], c == 3 ? GREY : want.pixels[y][x][swapped ? 2 - c : c]);
        }
        for (int y = 0; y < SIDE - 1; y++)
            for (ptrdiff_t i = row; i < stride; i++)
                assert_int_equal(g.data[y * stride + i], GREY);
        guarded_free(&g);
    }
}

/* A limb that leaves the picture looks the same however far it goes. */
static void goes_out_of_the_picture(void **state) {
    static sheet near_by, far_off;
    const lightpose_draw_settings settings = plain();

    (void)state;
    for (int direction = 0; direction < 24; direction++) {
        const double x = cos(direction * 0.2618), y = sin(direction * 0.2618);
        const lightpose_canvas a = clear(&near_by, LIGHTPOSE_BGR24), b = clear(&far_off, LIGHTPOSE_BGR24);
        lightpose_pose pose = {.id = -1}, further = {.id = -1};
        put(&pose, 2, 200, 200);
        put(&pose, 3, 200 + 700 * x, 200 + 700 * y);
        put(&further, 2, 200, 200);
        put(&further, 3, 200 + 7e7 * x, 200 + 7e7 * y);
        further.box = pose.box; /* thickness follows it */
        paint(&a, &pose, 1, &settings);
        paint(&b, &further, 1, &settings);
        assert_true(count_changed(&near_by) > 500);
        for (int i = 0; i < SIDE * SIDE * 3; i++)
            assert_in_range(abs((&near_by.pixels[0][0][0])[i] - (&far_off.pixels[0][0][0])[i]), 0, 12);
    }
}

static float wild(void) {
    static const float extremes[] = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 1e9f, -1e9f, 16777216.f, 0, -0.f};

    if (draw_number(8) == 0)
        return extremes[draw_number((int)(sizeof extremes / sizeof *extremes))];
    return (float)(draw_number(4000) - 1500) / 10;
}

/* Anything at all, on canvases that end where memory ends. */
static void survives_anything(void **state) {
    (void)state;
    for (int i = 0; i < 1500; i++) {
        const int width = 1 + draw_number(i % 4 ? 120 : 3), height = 1 + draw_number(i % 5 ? 120 : 3);
        const int bytes = 3 + draw_number(2), upside_down = draw_number(2);
        const ptrdiff_t stride = (ptrdiff_t)bytes * width + draw_number(9);
        guarded g = guarded_alloc((size_t)(stride * (height - 1) + bytes * width), draw_number(2));
        lightpose_pose poses[3] = {0};
        lightpose_draw_settings settings = {.boxes = draw_number(2),
                                            .scores = draw_number(2),
                                            .completed = draw_number(2),
                                            .opacity = (float)draw_number(101) / 100};
        assert_non_null(g.data);
        for (int p = 0; p < 3; p++) {
            for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
                poses[p].keypoints[k] =
                    (lightpose_keypoint){wild(), wild(), wild(), (lightpose_keypoint_state)draw_number(3)};
            poses[p].keypoint_count = draw_number(19);
            poses[p].box = draw_number(2) ? lp_pose_box(&poses[p]) : (lightpose_box){wild(), wild(), wild(), wild()};
            poses[p].score = wild();
            poses[p].id = draw_number(3) - 1;
        }
        const lightpose_canvas canvas = {.pixels = g.data + (upside_down ? stride * (height - 1) : 0),
                                         .stride = upside_down ? -stride : stride,
                                         .width = width,
                                         .height = height,
                                         .format = bytes == 3 ? LIGHTPOSE_RGB24 : LIGHTPOSE_BGRA};
        paint(&canvas, poses, 3, &settings);
        guarded_free(&g);
    }
}

static void refuses(void **state) {
    static sheet s;
    lightpose_pose pose = person(10, 10, 1);
    const lightpose_result result = {&pose, 1, 1};
    const lightpose_canvas good = clear(&s, LIGHTPOSE_BGR24);
    lightpose_draw_settings settings = plain();
    lightpose_canvas canvas;

    (void)state;
#define REFUSED(field, value, status, words)                                                                           \
    canvas = good;                                                                                                     \
    canvas.field = value;                                                                                              \
    assert_fails(lp_draw(&canvas, &result, &settings, error), status, words)
    REFUSED(format, LIGHTPOSE_GRAY8, LIGHTPOSE_ERROR_IMAGE, "canvas format 5 (GRAY8)");
    REFUSED(format, LIGHTPOSE_NV12, LIGHTPOSE_ERROR_IMAGE, "canvas format 6 (NV12)");
    REFUSED(format, (lightpose_format)0, LIGHTPOSE_ERROR_IMAGE, "canvas format 0 (unknown)");
    REFUSED(format, (lightpose_format)-4, LIGHTPOSE_ERROR_IMAGE, "canvas format -4");
    REFUSED(pixels, NULL, LIGHTPOSE_ERROR_IMAGE, "canvas pixels");
    REFUSED(width, 0, LIGHTPOSE_ERROR_IMAGE, "canvas size 0x400");
    REFUSED(height, -7, LIGHTPOSE_ERROR_IMAGE, "canvas size 400x-7");
    REFUSED(width, 8388609, LIGHTPOSE_ERROR_IMAGE, "sides are 1 to 8388608");
    REFUSED(stride, 1199, LIGHTPOSE_ERROR_IMAGE, "canvas stride 1199: a row of 400 BGR24 pixels takes 1200 bytes");
    REFUSED(stride, -1199, LIGHTPOSE_ERROR_IMAGE, "canvas stride -1199");
    REFUSED(stride, PTRDIFF_MIN, LIGHTPOSE_ERROR_IMAGE, "400 rows exceed the address space");
#undef REFUSED
    static const float opacities[] = {-0.01f, 1.01f, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        settings.opacity = opacities[i];
        assert_fails(lp_draw(&good, &result, &settings, error), LIGHTPOSE_ERROR_ARGUMENT, "opacity");
    }
    assert_int_equal(count_changed(&s), 0);
}

static void survives_failing_memory(void **state) {
    static sheet s;
    lightpose_pose pose = person(10, 10, 1);
    const lightpose_result result = {&pose, 1, 1};
    const lightpose_canvas canvas = clear(&s, LIGHTPOSE_BGR24);
    const lightpose_draw_settings settings = plain();
    int failures = 0;

    (void)state;
    for (;; failures++) {
        lightpose_error detail = {0};
        lp_mem_fail_at(failures + 1);
        const lightpose_status status = lp_draw(&canvas, &result, &settings, &detail);
        lp_mem_fail_at(0);
        if (status == LIGHTPOSE_OK)
            break;
        assert_int_equal(status, LIGHTPOSE_ERROR_MEMORY);
        assert_non_null(strstr(detail.text, "mask"));
    }
    assert_true(failures > 0);
}

static void public_function(void **state) {
    static sheet internal, exported;
    lightpose_draw_settings settings = plain(), defaults;
    lightpose_pose pose = person(40, 30, 1);
    lightpose_result result = {&pose, 1, 1};
    const lightpose_canvas a = clear(&internal, LIGHTPOSE_BGR24), b = clear(&exported, LIGHTPOSE_BGR24);

    (void)state;
    memset(&defaults, 0xff, sizeof defaults);
    lightpose_draw_settings_default(&defaults);
    assert_memory_equal(&defaults, &settings, sizeof defaults);
    assert_int_equal(defaults.boxes, 0);
    assert_int_equal(defaults.scores, 0);
    assert_int_equal(defaults.completed, 0);
    assert_true(defaults.opacity == 0.8f);
    paint(&a, &pose, 1, &settings);
    assert_ok(lightpose_draw(&b, &result, NULL, error));
    assert_memory_equal(&internal, &exported, sizeof internal);
    assert_fails(lightpose_draw(NULL, &result, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "canvas is NULL");
    assert_fails(lightpose_draw(&b, NULL, NULL, error), LIGHTPOSE_ERROR_ARGUMENT, "result is NULL");
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
        cmocka_unit_test(every_format),
        cmocka_unit_test(goes_out_of_the_picture),
        cmocka_unit_test(survives_anything),
        cmocka_unit_test(refuses),
        cmocka_unit_test(survives_failing_memory),
        cmocka_unit_test(public_function),
    };

    return cmocka_run_group_tests_name("draw", tests, NULL, NULL);
}
