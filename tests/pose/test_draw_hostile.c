/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Drawing on canvases of every layout, poses that lie anywhere, and failures. */

#include "check.h"

#include <math.h>

#include "base/mem.h"
#include "guarded.h"
#include "sheet.h"

static uint64_t seed = 0x2545f4914f6cdd1d;

static int draw_number(int below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)((seed >> 16) % (uint64_t)below);
}

/* One picture, in all formats and layouts of memory: the same colours at the same places, and nothing else written. */
static void every_format(void **state) {
    static sheet want;
    lightpose_draw_settings settings = sheet_settings();
    lightpose_pose poses[2] = {sheet_person(-60, -40, 1), sheet_person(150, 120, 1)};

    (void)state;
    settings.boxes = settings.scores = 1;
    poses[1].id = 5;
    const lightpose_canvas reference = sheet_clear(&want, LIGHTPOSE_BGR24);
    sheet_paint(&reference, poses, 2, &settings);
    assert_true(sheet_count_changed(&want) > 1000);
    for (int variant = 0; variant < 16; variant++) {
        const lightpose_format format = (lightpose_format)(LIGHTPOSE_BGR24 + variant % 4);
        const int bytes = variant % 4 < 2 ? 3 : 4, swapped = variant % 2, upside_down = variant / 4 % 2;
        const ptrdiff_t row = bytes * SHEET_SIDE, stride = row + variant / 8 * 13;
        const size_t size = (size_t)(stride * (SHEET_SIDE - 1) + row);
        guarded g = guarded_alloc(size, variant / 2 % 2);
        assert_non_null(g.data);
        memset(g.data, SHEET_GREY, size);
        const lightpose_canvas canvas = {.pixels = g.data + (upside_down ? stride * (SHEET_SIDE - 1) : 0),
                                         .stride = upside_down ? -stride : stride,
                                         .width = SHEET_SIDE,
                                         .height = SHEET_SIDE,
                                         .format = format};
        sheet_paint(&canvas, poses, 2, &settings);
        for (int y = 0; y < SHEET_SIDE; y++) {
            const uint8_t *const line = canvas.pixels + y * canvas.stride;
            for (int x = 0; x < SHEET_SIDE; x++)
                for (int c = 0; c < bytes; c++)
                    assert_int_equal(line[bytes * x + c], c == 3 ? SHEET_GREY : want.pixels[y][x][swapped ? 2 - c : c]);
        }
        for (int y = 0; y < SHEET_SIDE - 1; y++)
            for (ptrdiff_t i = row; i < stride; i++)
                assert_int_equal(g.data[y * stride + i], SHEET_GREY);
        guarded_free(&g);
    }
}

/* A limb that leaves the picture looks the same however far it goes. */
static void goes_out_of_the_picture(void **state) {
    static sheet near_by, far_off;
    const lightpose_draw_settings settings = sheet_settings();

    (void)state;
    for (int direction = 0; direction < 24; direction++) {
        const double x = cos(direction * 0.2618), y = sin(direction * 0.2618);
        const lightpose_canvas a = sheet_clear(&near_by, LIGHTPOSE_BGR24), b = sheet_clear(&far_off, LIGHTPOSE_BGR24);
        lightpose_pose pose = {.id = -1}, further = {.id = -1};
        sheet_put(&pose, 2, 200, 200);
        sheet_put(&pose, 3, 200 + 700 * x, 200 + 700 * y);
        sheet_put(&further, 2, 200, 200);
        sheet_put(&further, 3, 200 + 7e7 * x, 200 + 7e7 * y);
        further.box = pose.box; /* thickness follows it */
        sheet_paint(&a, &pose, 1, &settings);
        sheet_paint(&b, &further, 1, &settings);
        assert_true(sheet_count_changed(&near_by) > 500);
        for (int i = 0; i < SHEET_SIDE * SHEET_SIDE * 3; i++)
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
        sheet_paint(&canvas, poses, 3, &settings);
        guarded_free(&g);
    }
}

static void refuses(void **state) {
    static sheet s;
    lightpose_pose pose = sheet_person(10, 10, 1);
    const lightpose_result result = {&pose, 1, 1};
    const lightpose_canvas good = sheet_clear(&s, LIGHTPOSE_BGR24);
    lightpose_draw_settings settings = sheet_settings();
    lightpose_canvas canvas;

    (void)state;
#define REFUSED(field, value, status, words)                                                                           \
    canvas = good;                                                                                                     \
    canvas.field = value;                                                                                              \
    assert_fails(lp_draw(&canvas, &result, &settings, error), status, words)
    REFUSED(format, LIGHTPOSE_GRAY8, LIGHTPOSE_ERROR_IMAGE, "canvas format 5 (gray8)");
    REFUSED(format, LIGHTPOSE_NV12, LIGHTPOSE_ERROR_IMAGE, "canvas format 6 (nv12)");
    REFUSED(format, (lightpose_format)0, LIGHTPOSE_ERROR_IMAGE, "canvas format 0 (unknown)");
    REFUSED(format, (lightpose_format)-4, LIGHTPOSE_ERROR_IMAGE, "canvas format -4");
    REFUSED(pixels, NULL, LIGHTPOSE_ERROR_IMAGE, "canvas pixels");
    REFUSED(width, 0, LIGHTPOSE_ERROR_IMAGE, "canvas size 0x400");
    REFUSED(height, -7, LIGHTPOSE_ERROR_IMAGE, "canvas size 400x-7");
    REFUSED(width, 8388609, LIGHTPOSE_ERROR_IMAGE, "sides are 1 to 8388608");
    REFUSED(stride, 1199, LIGHTPOSE_ERROR_IMAGE, "canvas stride 1199: a row of 400 bgr24 pixels takes 1200 bytes");
    REFUSED(stride, -1199, LIGHTPOSE_ERROR_IMAGE, "canvas stride -1199");
    REFUSED(stride, PTRDIFF_MIN, LIGHTPOSE_ERROR_IMAGE, "400 rows exceed the address space");
#undef REFUSED
    static const float opacities[] = {-0.01f, 1.01f, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        settings.opacity = opacities[i];
        assert_fails(lp_draw(&good, &result, &settings, error), LIGHTPOSE_ERROR_ARGUMENT, "opacity");
    }
    assert_int_equal(sheet_count_changed(&s), 0);
}

/* A person so wide that a row of a shape takes memory of its own. */
static void survives_failing_memory(void **state) {
    enum { WIDE = 40000, HIGH = 200 };
    static uint8_t pixels[HIGH][WIDE][3];
    lightpose_pose pose = sheet_person(10, 10, 1);
    const lightpose_result result = {&pose, 1, 1};
    const lightpose_canvas canvas = {&pixels[0][0][0], sizeof pixels[0], WIDE, HIGH, LIGHTPOSE_BGR24, {0}};
    const lightpose_draw_settings settings = sheet_settings();
    int failures = 0;

    (void)state;
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        pose.keypoints[k].x *= 600;
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format), cmocka_unit_test(goes_out_of_the_picture), cmocka_unit_test(survives_anything),
        cmocka_unit_test(refuses),      cmocka_unit_test(survives_failing_memory),
    };

    return cmocka_run_group_tests_name("draw_hostile", tests, NULL, NULL);
}
