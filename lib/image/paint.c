/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/paint.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "image/view.h"

/* Keeps mask coordinates below 2^25: with OpenCV's 6 fractional bits they fit 32 bits. */
enum { MAX_SIDE = 1 << 23 };

/* bleed: the width that an anti-aliased polygon of OpenCV 4.6 covers beyond its outline (measured by area). thinnest:
 * the effective radius of the thinnest polygon. Thinner lines are drawn with this radius, and paler. */
static const double bleed = 0.66, thinnest = 0.85;

static lightpose_status check(const lightpose_canvas *canvas, lightpose_error *error) {
    const ptrdiff_t stride = canvas->stride;
    ptrdiff_t span;

    if (canvas->format < LIGHTPOSE_BGR24 || canvas->format > LIGHTPOSE_RGBA)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "canvas format %d (%s): it must be BGR24, RGB24, BGRA or RGBA",
                       (int)canvas->format, lp_format_name(canvas->format));
    if (canvas->width < 1 || canvas->height < 1 || canvas->width > MAX_SIDE || canvas->height > MAX_SIDE)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "canvas size %dx%d: sides are 1 to %d", canvas->width,
                       canvas->height, (int)MAX_SIDE);
    if (!canvas->pixels)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "canvas pixels are NULL");
    const ptrdiff_t row = lp_format_row_bytes(canvas->format, 0, canvas->width);
    if (stride > -row && stride < row)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "canvas stride %lld: a row of %d %s pixels takes %lld bytes",
                       (long long)stride, canvas->width, lp_format_name(canvas->format), (long long)row);
    if (__builtin_mul_overflow(stride, (ptrdiff_t)canvas->height, &span) || span == PTRDIFF_MIN)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "canvas stride %lld: %d rows exceed the address space",
                       (long long)stride, canvas->height);
    return LIGHTPOSE_OK;
}

lightpose_status lp_painter_open(lp_painter *painter, const lightpose_canvas *canvas, lightpose_error *error) {
    LP_TRY(check(canvas, error));
    const int is_bgr = canvas->format == LIGHTPOSE_BGR24 || canvas->format == LIGHTPOSE_BGRA;
    painter->canvas = *canvas;
    painter->blue = is_bgr ? 0 : 2;
    painter->red = is_bgr ? 2 : 0;
    painter->step = (int)lp_format_row_bytes(canvas->format, 0, 1);
    return LIGHTPOSE_OK;
}

void lp_painter_close(lp_painter *painter) {
    lp_free(painter->mask);
    painter->mask = NULL;
    painter->capacity = 0;
}

/* A rectangle of pixels; `right` and `bottom` are exclusive. */
typedef struct area {
    int left, top, right, bottom;
} area;

static int is_empty(area a) {
    return a.left >= a.right || a.top >= a.bottom;
}

static int within(double value, int limit) {
    return value < 0 ? 0 : value > limit ? limit : (int)value;
}

/* The pixels of the canvas that the rectangle touches. */
static area area_of(const lp_painter *painter, double left, double top, double right, double bottom) {
    const int width = painter->canvas.width, height = painter->canvas.height;

    return (area){within(floor(left), width), within(floor(top), height), within(ceil(right), width),
                  within(ceil(bottom), height)};
}

static uint8_t *pixel_at(const lp_painter *painter, int x, int y) {
    return painter->canvas.pixels + y * painter->canvas.stride + (ptrdiff_t)x * painter->step;
}

/* Moves *value towards `colour` by weight / 256. */
static inline void mix(uint8_t *value, int colour, int weight) {
    *value = (uint8_t)(*value + (((colour - *value) * weight + 128) >> 8));
}

static inline void mix_pixel(const lp_painter *painter, uint8_t *pixel, lp_colour colour, int weight) {
    mix(pixel + painter->blue, colour.blue, weight);
    mix(pixel + 1, colour.green, weight);
    mix(pixel + painter->red, colour.red, weight);
}

static int weight_of(double alpha) {
    return (int)lrint(alpha * 256);
}

static void blend(lp_painter *painter, area a, const lp_mask *mask, lp_colour colour, double alpha) {
    const int weight = weight_of(alpha);
    const uint8_t *values = mask->data;

    for (int y = a.top; y < a.bottom; y++) {
        uint8_t *pixel = pixel_at(painter, a.left, y);
        for (int x = a.left; x < a.right; x++, pixel += painter->step, values++)
            if (*values)
                mix_pixel(painter, pixel, colour, (*values * weight + 127) / 255);
    }
}

/* Makes an empty mask for the area; its pixel (0, 0) is the area's top-left one. */
static lightpose_status clear_mask(lp_painter *painter, area a, lp_mask *mask, lightpose_error *error) {
    const int width = a.right - a.left, height = a.bottom - a.top;
    const size_t size = (size_t)width * (size_t)height;

    const int fits = size <= sizeof painter->room;
    if (!fits && lp_grow(&painter->mask, &painter->capacity, size, 1))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a mask of %dx%d pixels", width, height);
    *mask = (lp_mask){fits ? painter->room : painter->mask, width, height};
    memset(mask->data, 0, size);
    return LIGHTPOSE_OK;
}

/* Limits [*first, *last] to the values of t with low <= start + t * along <= high, along one axis. */
static void cut(double start, double along, double low, double high, double *first, double *last) {
    const double a = (low - start) / along, b = (high - start) / along;

    if (along == 0) {
        if (start < low || start > high)
            *last = -1;
        return;
    }
    *first = fmax(*first, fmin(a, b));
    *last = fmin(*last, fmax(a, b));
}

/* Clips the line to its visible part; the new ends lie outside the canvas. Returns 0 if nothing is visible. */
static int cut_line(const lp_painter *painter, lp_point *from, lp_point *to, double radius) {
    const double margin = 2 * radius + 4, along_x = to->x - from->x, along_y = to->y - from->y;
    const lp_point start = *from;
    double first = 0, last = 1;

    if (!isfinite(along_x) || !isfinite(along_y))
        return 0;
    cut(start.x, along_x, -margin, painter->canvas.width + margin, &first, &last);
    cut(start.y, along_y, -margin, painter->canvas.height + margin, &first, &last);
    if (first > last)
        return 0;
    *from = (lp_point){start.x + first * along_x, start.y + first * along_y};
    *to = (lp_point){start.x + last * along_x, start.y + last * along_y};
    return 1;
}

/* The outline of a line with round ends; `origin` is at the mask's pixel (0, 0). Returns the number of points. */
static int outline(lp_point from, lp_point to, double radius, area origin, lp_point *points) {
    static const double pi = 3.14159265358979323846;
    const double turn = atan2(to.y - from.y, to.x - from.x);
    const int wanted = 5 + (int)(2 * radius), half = wanted < LP_POLYGON_POINTS / 2 ? wanted : LP_POLYGON_POINTS / 2;

    for (int i = 0; i < 2 * half; i++) {
        const lp_point centre = i < half ? to : from;
        const double angle = turn - pi / 2 + pi * (i < half ? i : i - 1) / (half - 1);
        points[i] = (lp_point){centre.x + radius * cos(angle) - 0.5 - origin.left,
                               centre.y + radius * sin(angle) - 0.5 - origin.top};
    }
    return 2 * half;
}

lightpose_status lp_paint_line(lp_painter *painter, lp_point from, lp_point to, double radius, lp_colour colour,
                               double alpha, lightpose_error *error) {
    lp_point points[LP_POLYGON_POINTS];
    lp_mask mask;

    if (!cut_line(painter, &from, &to, radius))
        return LIGHTPOSE_OK;
    const double reach = radius + 2;
    const area a = area_of(painter, fmin(from.x, to.x) - reach, fmin(from.y, to.y) - reach, fmax(from.x, to.x) + reach,
                           fmax(from.y, to.y) + reach);
    if (is_empty(a) || weight_of(alpha) == 0)
        return LIGHTPOSE_OK;
    /* Works in bands of as many rows as fit `room`. */
    const int fitting = (int)(sizeof painter->room / (size_t)(a.right - a.left)), rows = fitting > 1 ? fitting : 1;
    for (int top = a.top; top < a.bottom; top += rows) {
        const area band = {a.left, top, a.right, top + rows < a.bottom ? top + rows : a.bottom};
        LP_TRY(clear_mask(painter, band, &mask, error));
        const int count = outline(from, to, fmax(radius - bleed, thinnest - bleed), band, points);
        LP_TRY(lp_cv_polygon(&mask, points, count, error));
        blend(painter, band, &mask, colour, radius < thinnest ? alpha * radius / thinnest : alpha);
    }
    return LIGHTPOSE_OK;
}

void lp_paint_rectangle(lp_painter *painter, int left, int top, int right, int bottom, lp_colour colour, double alpha) {
    const area a = area_of(painter, left, top, right, bottom);
    const int weight = weight_of(alpha);

    for (int y = a.top; y < a.bottom; y++) {
        uint8_t *pixel = pixel_at(painter, a.left, y);
        for (int x = a.left; x < a.right; x++, pixel += painter->step)
            mix_pixel(painter, pixel, colour, weight);
    }
}

lightpose_status lp_paint_text(lp_painter *painter, const char *text, int x, int baseline, double scale, int thickness,
                               lp_colour colour, lightpose_error *error) {
    lp_text_size size;
    lp_mask mask;

    LP_TRY(lp_cv_text_size(text, scale, thickness, &size, error));
    const double reach = thickness + 2.0;
    const area a = area_of(painter, x - reach, baseline - size.ascent - reach, x + size.width + reach,
                           baseline + size.descent + reach);
    if (is_empty(a))
        return LIGHTPOSE_OK;
    LP_TRY(clear_mask(painter, a, &mask, error));
    LP_TRY(lp_cv_text(&mask, text, x - a.left, baseline - a.top, scale, thickness, error));
    blend(painter, a, &mask, colour, 1);
    return LIGHTPOSE_OK;
}
