/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Boxes of head and hands from the body's keypoints.
 *
 * Foreshortening makes lengths in the picture smaller, so the largest of several estimates of a part's size is the
 * best. Lengths of an adult, in cm: head 23 from chin to crown; between the eyes 6.3; ear to ear 14; eye to ear, seen
 * from the side, 10; nose to ear 13; nose to the middle of the shoulders 23; forearm 25; upper arm 30; hand 19 from the
 * wrist, its middle at 9 if stretched out along the forearm.
 *
 * The box is a square: 1.3 heads around the middle of the face, which is below that of the head; 1.2 forearms around
 * the middle of the hand, since hands spread and wrists bend. */

#include "output/keypoints.h"

#include <math.h>

enum {
    NOSE = 0,
    NECK = 1,
    RIGHT_SHOULDER = 2,
    LEFT_SHOULDER = 5,
    RIGHT_EYE = 14,
    LEFT_EYE = 15,
    RIGHT_EAR = 16,
    LEFT_EAR = 17
};

const char *lp_part_name(lp_part part) {
    static const char *const names[LP_PARTS] = {"head", "left_hand", "right_hand"};
    return names[part];
}

static double distance(const lightpose_keypoint *points, int a, int b) {
    if (points[a].state == LIGHTPOSE_MISSING || points[b].state == LIGHTPOSE_MISSING)
        return 0;
    return hypot((double)points[a].x - points[b].x, (double)points[a].y - points[b].y);
}

static double head(const lightpose_keypoint *points, double *x, double *y) {
    static const struct {
        int a, b;
        double heads; /* the distance, in heads */
    } estimates[] = {
        {RIGHT_EYE, LEFT_EYE, 6.3 / 23},
        {RIGHT_EAR, LEFT_EAR, 14.0 / 23},
        {RIGHT_EYE, RIGHT_EAR, 10.0 / 23},
        {LEFT_EYE, LEFT_EAR, 10.0 / 23},
        {NOSE, RIGHT_EAR, 13.0 / 23},
        {NOSE, LEFT_EAR, 13.0 / 23},
        {NOSE, NECK, 1},
    };
    static const int face[] = {NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR};
    double size = 0;
    int count = 0;

    *x = *y = 0;
    for (size_t i = 0; i < sizeof face / sizeof *face; i++)
        if (points[face[i]].state != LIGHTPOSE_MISSING) {
            *x += points[face[i]].x;
            *y += points[face[i]].y;
            count++;
        }
    if (count == 0)
        return 0;
    *x /= count;
    *y /= count;
    for (size_t i = 0; i < sizeof estimates / sizeof *estimates; i++)
        size = fmax(size, distance(points, estimates[i].a, estimates[i].b) / estimates[i].heads);
    return 1.3 * size;
}

static double hand(const lightpose_keypoint *points, int shoulder, double *x, double *y) {
    const int elbow = shoulder + 1, wrist = shoulder + 2;
    const double forearm = distance(points, elbow, wrist);

    if (points[elbow].state == LIGHTPOSE_MISSING || points[wrist].state == LIGHTPOSE_MISSING)
        return 0;
    *x = points[wrist].x + 9.0 / 25 * ((double)points[wrist].x - points[elbow].x);
    *y = points[wrist].y + 9.0 / 25 * ((double)points[wrist].y - points[elbow].y);
    return 1.2 * fmax(forearm, 25.0 / 30 * distance(points, shoulder, elbow));
}

int lp_part_box(lp_part part, const lightpose_pose *pose, int completed, int width, int height, lightpose_box *box) {
    lightpose_keypoint points[LP_MAX_KEYPOINTS];
    double x = 0, y = 0;

    lp_keypoints_take(LP_KEYPOINTS_COCO18, pose, completed, points);
    const double side = part == LP_PART_HEAD        ? head(points, &x, &y)
                        : part == LP_PART_LEFT_HAND ? hand(points, LEFT_SHOULDER, &x, &y)
                                                    : hand(points, RIGHT_SHOULDER, &x, &y);
    const double left = fmax(x - side / 2, 0), right = fmin(x + side / 2, width);
    const double top = fmax(y - side / 2, 0), bottom = fmin(y + side / 2, height);
    if (!(right - left > 0) || !(bottom - top > 0))
        return 0;
    *box = (lightpose_box){(float)left, (float)top, (float)(right - left), (float)(bottom - top)};
    return 1;
}
