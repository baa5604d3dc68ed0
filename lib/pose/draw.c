/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "pose/draw.h"

#include <math.h>
#include <stdio.h>

#include "decode/skeleton.h"
#include "image/paint.h"

/* Right limbs are warm, left ones cool, the head is violet; each side goes from the neck outwards. */
static const lp_colour limb_colours[LP_FIRST_HELPER_LIMB] = {
    {255, 84, 64},   {64, 164, 255},  {255, 140, 48},  {255, 200, 56},  {48, 204, 255},  {72, 240, 232},
    {236, 64, 96},   {255, 88, 150},  {255, 130, 196}, {76, 112, 255},  {60, 200, 140},  {130, 232, 96},
    {188, 108, 255}, {214, 128, 255}, {255, 128, 240}, {150, 120, 255}, {128, 148, 255},
};

/* The limb whose colour a keypoint has: the limb that leads to it from the neck; the neck has the head's colour. */
static const int limb_of_keypoint[LIGHTPOSE_KEYPOINTS] = {12, 12, 0, 2, 3, 1, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 14, 16};

static const lp_colour black = {0, 0, 0}, white = {255, 255, 255};

/* Lengths of one person's drawing, in pixels. */
typedef struct sizes {
    double limb, joint, rim; /* radii, and the width of the dark rim */
    int line;                /* thickness of the box */
    double text;             /* OpenCV's scale of letters */
} sizes;

/* One person on a canvas. */
typedef struct drawing {
    lp_painter *painter;
    const lightpose_pose *pose;
    const lightpose_draw_settings *settings;
    sizes s;
    lightpose_error *error;
} drawing;

void lp_draw_settings_default(lightpose_draw_settings *settings) {
    *settings = (lightpose_draw_settings){.boxes = 0, .scores = 0, .completed = 0, .opacity = 0.8f};
}

static double between(double value, double low, double high) {
    return value < low ? low : value > high ? high : value;
}

static int is_drawn(const drawing *d, int keypoint) {
    const lightpose_keypoint_state state = d->pose->keypoints[keypoint].state;

    return state == LIGHTPOSE_DETECTED || (state == LIGHTPOSE_COMPLETED && d->settings->completed);
}

/* Completed keypoints are drawn fainter. */
static double strength(const drawing *d, int keypoint) {
    return d->pose->keypoints[keypoint].state == LIGHTPOSE_DETECTED ? 1 : 0.4;
}

static lp_point point_of(const drawing *d, int keypoint) {
    return (lp_point){d->pose->keypoints[keypoint].x, d->pose->keypoints[keypoint].y};
}

/* The thickness follows the size of the person, within limits that keep small people legible and large ones
 * uncluttered. */
static sizes sizes_of(const drawing *d) {
    const lightpose_canvas *const canvas = &d->painter->canvas;
    const double picture = canvas->width < canvas->height ? canvas->width : canvas->height;
    const double person = fmax(d->pose->box.width, d->pose->box.height), most = fmax(picture / 150, 1);
    const double limb = between(isfinite(person) ? person / 80 : 0, 0.7, most);

    return (sizes){.limb = limb,
                   .joint = 1.3 * limb + 0.3,
                   .rim = between(limb / 3, 0.6, 2),
                   .line = (int)fmax(1, rint(limb * 0.8)),
                   .text = between(limb / 8, 0.35, fmax(0.35, picture / 1000))};
}

static lightpose_status draw_limbs(const drawing *d) {
    for (int rim = 1; rim >= 0; rim--)
        for (int i = 0; i < LP_FIRST_HELPER_LIMB; i++) {
            const int from = lp_skeleton_limbs[i].from, to = lp_skeleton_limbs[i].to;
            if (!is_drawn(d, from) || !is_drawn(d, to))
                continue;
            const double alpha = d->settings->opacity * fmin(strength(d, from), strength(d, to));
            LP_TRY(lp_paint_line(d->painter, point_of(d, from), point_of(d, to), d->s.limb + rim * d->s.rim,
                                 rim ? black : limb_colours[i], rim ? alpha / 2 : alpha, d->error));
        }
    return LIGHTPOSE_OK;
}

static lightpose_status draw_keypoints(const drawing *d) {
    for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++) {
        const lp_point at = point_of(d, k);
        const double alpha = strength(d, k);
        if (!is_drawn(d, k))
            continue;
        LP_TRY(lp_paint_line(d->painter, at, at, d->s.joint + d->s.rim, black, alpha / 2, d->error));
        LP_TRY(lp_paint_line(d->painter, at, at, d->s.joint, limb_colours[limb_of_keypoint[k]], alpha, d->error));
        LP_TRY(lp_paint_line(d->painter, at, at, d->s.joint / 2.2, white, 0.6 * alpha, d->error));
    }
    return LIGHTPOSE_OK;
}

/* A light colour for each id, and one for people without an id. Hues step by the golden angle, so that neighbouring ids
 * differ clearly. */
static lp_colour colour_of_id(int64_t id) {
    if (id < 0)
        return (lp_colour){120, 220, 255};
    const double turns = (double)(id % 1000) * 0.6180339887;
    double channel[3];
    for (int c = 0; c < 3; c++)
        channel[c] = 165 + 90 * cos(6.283185307 * (turns + c / 3.0));
    return (lp_colour){(uint8_t)channel[0], (uint8_t)channel[1], (uint8_t)channel[2]};
}

/* The box in pixels, around the keypoints and their discs, limited to +-2^24. */
typedef struct frame {
    int left, top, right, bottom;
} frame;

static int frame_of(const drawing *d, frame *f) {
    const lightpose_box *const box = &d->pose->box;
    const double margin = 3 * d->s.limb + 2, far = 1 << 24;
    const double right = (double)box->x + box->width, bottom = (double)box->y + box->height;

    if (!isfinite(box->x) || !isfinite(box->y) || !isfinite(right) || !isfinite(bottom) || d->pose->keypoint_count < 1)
        return 0;
    *f = (frame){(int)between(floor(box->x - margin), -far, far), (int)between(floor(box->y - margin), -far, far),
                 (int)between(ceil(right + margin), -far, far), (int)between(ceil(bottom + margin), -far, far)};
    return 1;
}

static void draw_box(const drawing *d, const frame *f) {
    const lp_colour colour = colour_of_id(d->pose->id);
    const double alpha = d->settings->opacity;
    const int t = d->s.line;

    lp_paint_rectangle(d->painter, f->left, f->top, f->right, f->top + t, colour, alpha);
    lp_paint_rectangle(d->painter, f->left, f->bottom - t, f->right, f->bottom, colour, alpha);
    lp_paint_rectangle(d->painter, f->left, f->top + t, f->left + t, f->bottom - t, colour, alpha);
    lp_paint_rectangle(d->painter, f->right - t, f->top + t, f->right, f->bottom - t, colour, alpha);
}

/* "#12 0.87", "0.87": formatted from integers, because printf writes a decimal comma in some locales. */
static void label_of(const lightpose_pose *pose, char *text, size_t size) {
    const int hundredths = isfinite(pose->score) ? (int)lrint(between(pose->score, 0, 99) * 100) : 0;

    if (pose->id >= 0)
        snprintf(text, size, "#%lld %d.%02d", (long long)pose->id, hundredths / 100, hundredths % 100);
    else
        snprintf(text, size, "%d.%02d", hundredths / 100, hundredths % 100);
}

/* Draws a plate above the box, or inside it if there is no room above, and the text on it. */
static lightpose_status draw_label(const drawing *d, const frame *f) {
    const lightpose_canvas *const canvas = &d->painter->canvas;
    const int thickness = d->s.text > 0.75 ? 2 : 1, edge = 2 + (int)(6 * d->s.text);
    char text[40];
    lp_text_size size;

    if (f->left >= canvas->width || f->top >= canvas->height || f->right <= 0 || f->bottom <= 0)
        return LIGHTPOSE_OK;
    label_of(d->pose, text, sizeof text);
    LP_TRY(lp_cv_text_size(text, d->s.text, thickness, &size, d->error));
    const int width = size.width + 2 * edge, height = size.ascent + 2 * edge;
    const int left = (int)between(f->left, 0, fmax(0, canvas->width - width));
    const int top = f->top >= height ? f->top - height : f->top < 0 ? 0 : f->top;
    lp_paint_rectangle(d->painter, left, top, left + width, top + height, colour_of_id(d->pose->id), 1);
    return lp_paint_text(d->painter, text, left + edge, top + edge + size.ascent, d->s.text, thickness, black,
                         d->error);
}

static lightpose_status draw_pose(lp_painter *painter, const lightpose_pose *pose,
                                  const lightpose_draw_settings *settings, lightpose_error *error) {
    drawing d = {.painter = painter, .pose = pose, .settings = settings, .error = error};
    frame f = {0};

    d.s = sizes_of(&d);
    const int framed = frame_of(&d, &f);
    if (framed && settings->boxes)
        draw_box(&d, &f);
    LP_TRY(draw_limbs(&d));
    LP_TRY(draw_keypoints(&d));
    if (framed && settings->scores)
        LP_TRY(draw_label(&d, &f));
    return LIGHTPOSE_OK;
}

lightpose_status lp_draw(const lightpose_canvas *canvas, const lightpose_result *result,
                         const lightpose_draw_settings *settings, lightpose_error *error) {
    lp_painter painter = {0};
    lightpose_status status = LIGHTPOSE_OK;

    if (!(settings->opacity >= 0 && settings->opacity <= 1))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "opacity %g: must be 0 to 1", (double)settings->opacity);
    LP_TRY(lp_painter_open(&painter, canvas, error));
    /* The best pose last, so that it is on top. */
    for (size_t i = result->count; i-- > 0 && status == LIGHTPOSE_OK;)
        status = draw_pose(&painter, &result->poses[i], settings, error);
    lp_painter_close(&painter);
    return status;
}
