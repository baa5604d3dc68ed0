/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "sheet.h"

lightpose_canvas sheet_clear(sheet *s, lightpose_format format) {
    memset(s, SHEET_GREY, sizeof *s);
    return (lightpose_canvas){.pixels = &s->pixels[0][0][0],
                              .stride = 3 * SHEET_SIDE,
                              .width = SHEET_SIDE,
                              .height = SHEET_SIDE,
                              .format = format};
}

lightpose_draw_settings sheet_settings(void) {
    lightpose_draw_settings settings;

    memset(&settings, 0xff, sizeof settings);
    lp_draw_settings_default(&settings);
    return settings;
}

void sheet_put(lightpose_pose *pose, int keypoint, double x, double y) {
    pose->keypoints[keypoint] = (lightpose_keypoint){(float)x, (float)y, 0.5f, LIGHTPOSE_DETECTED};
    pose->keypoint_count++;
    pose->box = lp_pose_box(pose);
}

lightpose_pose sheet_person(double x, double y, double size) {
    static const double at[LIGHTPOSE_KEYPOINTS][2] = {
        {150, 40},  {150, 100}, {90, 105},  {40, 150},  {0, 210},   {210, 105}, {260, 150}, {300, 210}, {120, 200},
        {110, 270}, {100, 340}, {180, 200}, {190, 270}, {200, 340}, {125, 20},  {175, 20},  {90, 30},   {210, 30}};
    lightpose_pose pose = {.score = 0.75f, .id = -1};

    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
        sheet_put(&pose, k, x + size * at[k][0], y + size * at[k][1]);
    return pose;
}

void sheet_paint(const lightpose_canvas *canvas, lightpose_pose *poses, size_t count,
                 const lightpose_draw_settings *settings) {
    const lightpose_result result = {poses, count, count};

    assert_ok(lp_draw(canvas, &result, settings, error));
}

int sheet_is_changed(const sheet *s, int x, int y) {
    return s->pixels[y][x][0] != SHEET_GREY || s->pixels[y][x][1] != SHEET_GREY || s->pixels[y][x][2] != SHEET_GREY;
}

int sheet_count_changed(const sheet *s) {
    int count = 0;

    for (int i = 0; i < SHEET_SIDE * SHEET_SIDE; i++)
        count += sheet_is_changed(s, i % SHEET_SIDE, i / SHEET_SIDE);
    return count;
}
