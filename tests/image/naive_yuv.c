/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "naive_yuv.h"

#include <math.h>

#include "image/yuv.h"

/* One plane of samples, `step` bytes apart. */
typedef struct plane {
    const uint8_t *data;
    ptrdiff_t stride;
    int step, width, height;
} plane;

typedef struct place {
    int first, second;
    int first_weight, second_weight;
} place;

static int clamp(int index, int count) {
    return index < 0 ? 0 : index >= count ? count - 1 : index;
}

static place place_of(int index, double scale, double shift, int count) {
    const float at = (float)((index + 0.5) * (1 / scale) - 0.5 + shift), below = floorf(at);

    return (place){.first = clamp((int)below, count),
                   .second = clamp((int)below + 1, count),
                   .first_weight = (int)lrintf(2048 * (1 - (at - below))),
                   .second_weight = (int)lrintf(2048 * (at - below))};
}

static int at(const plane *p, int x, int y) {
    return p->data[y * p->stride + (ptrdiff_t)x * p->step];
}

static int shift_right(int value, int bits) {
    return (int)floor(ldexp(value, -bits));
}

static int down(const plane *p, int x, const place *row) {
    const int upper = at(p, x, row->first), lower = at(p, x, row->second);

    return 128 * upper + shift_right((lower - upper) * row->second_weight + 8, 4);
}

static int sample(const plane *p, const place *column, const place *row) {
    return shift_right(
        down(p, column->first, row) * column->first_weight + down(p, column->second, row) * column->second_weight, 10);
}

static uint8_t level(int value) {
    const int whole = shift_right(value, 6);

    return (uint8_t)(whole < 0 ? 0 : whole > 255 ? 255 : whole);
}

static int times(int sample, int coefficient) {
    return (int)((int64_t)sample * coefficient / 65536);
}

void naive_yuv_pixel(const lightpose_image *image, double scale, int x, int y, uint8_t bgr[3]) {
    const int nv12 = image->format == LIGHTPOSE_NV12, half = (image->width + 1) / 2, rows = (image->height + 1) / 2;
    const double shift = image->range == LIGHTPOSE_RANGE_LIMITED ? 0.25 : 0;
    const plane luma = {image->planes[0], image->strides[0], 1, image->width, image->height};
    const plane blue = {image->planes[1], image->strides[1], nv12 ? 2 : 1, half, rows};
    const plane red = {nv12 ? image->planes[1] + 1 : image->planes[2], image->strides[nv12 ? 1 : 2], blue.step, half,
                       rows};
    const place luma_column = place_of(x, scale, 0, image->width), luma_row = place_of(y, scale, 0, image->height);
    const place column = place_of(x, 2 * scale, shift, half), row = place_of(y, 2 * scale, 0, rows);
    const lp_yuv *const k = lp_yuv_coefficients(image->matrix, image->range);
    const int l = times(sample(&luma, &luma_column, &luma_row), k->scale);
    const int u = sample(&blue, &column, &row), v = sample(&red, &column, &row);

    bgr[0] = level(l + times(u, k->blue_u) - k->blue_bias);
    bgr[1] = level(l - times(u, k->green_u) - times(v, k->green_v) + k->green_bias);
    bgr[2] = level(l + times(v, k->red_v) - k->red_bias);
}
