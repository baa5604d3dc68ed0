/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Canvases and poses for the tests of drawing. */

#ifndef TESTS_SHEET_H
#define TESTS_SHEET_H

#include "check.h"

#include "pose/draw.h"

enum { SHEET_SIDE = 400, SHEET_GREY = 90 };

/* A square canvas, and what it is filled with. */
typedef struct sheet {
    uint8_t pixels[SHEET_SIDE][SHEET_SIDE][3];
} sheet;

/* Fills it with grey; format BGR24 or RGB24. */
lightpose_canvas sheet_clear(sheet *s, lightpose_format format);

int sheet_is_changed(const sheet *s, int x, int y);
int sheet_count_changed(const sheet *s);

/* The default settings. */
lightpose_draw_settings sheet_settings(void);

/* Detects a keypoint of the pose, which has what `= {.id = -1}` leaves, at a place. */
void sheet_put(lightpose_pose *pose, int keypoint, double x, double y);

/* A person whose limbs do not cross; `size` 1 takes 300 x 340 pixels from (x, y), with 20 or more between keypoints. */
lightpose_pose sheet_person(double x, double y, double size);

/* Draws, and must succeed. */
void sheet_paint(const lightpose_canvas *canvas, lightpose_pose *poses, size_t count,
                 const lightpose_draw_settings *settings);

#endif
