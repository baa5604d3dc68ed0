/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "serve/shot.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

lightpose_status lp_shots_open(lp_shots *shots, lightpose_error *error) {
    *shots = (lp_shots){.filling = 0, .taken = 1};
    atomic_init(&shots->between, 2);
    for (int i = 0; i < 3; i++) {
        const lightpose_status status = lightpose_result_create(&shots->shots[i].result, error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    return LIGHTPOSE_OK;
}

void lp_shots_free(lp_shots *shots) {
    for (int i = 0; i < 3; i++) {
        lightpose_result_destroy(&shots->shots[i].result);
        free(shots->shots[i].pixels);
    }
    *shots = (lp_shots){0};
}

/* The bytes of a row and the number of rows of a plane; 0 if the format has no such plane. */
static size_t plane_row(const lightpose_image *image, int plane, int *rows) {
    const int half_width = (image->width + 1) / 2, half_height = (image->height + 1) / 2;
    *rows = plane == 0 ? image->height : half_height;
    switch (image->format) {
    case LIGHTPOSE_BGR24:
    case LIGHTPOSE_RGB24:
        return plane == 0 ? 3 * (size_t)image->width : 0;
    case LIGHTPOSE_BGRA:
    case LIGHTPOSE_RGBA:
        return plane == 0 ? 4 * (size_t)image->width : 0;
    case LIGHTPOSE_GRAY8:
        return plane == 0 ? (size_t)image->width : 0;
    case LIGHTPOSE_NV12:
        return plane == 0 ? (size_t)image->width : plane == 1 ? 2 * (size_t)half_width : 0;
    case LIGHTPOSE_I420:
        return plane == 0 ? (size_t)image->width : (size_t)half_width;
    }
    return 0;
}

static size_t padded(size_t row) {
    return (row + 63) / 64 * 64;
}

/* Makes room for planes of the shot's size and format. */
static lightpose_status reserve(lp_shot *shot, lightpose_error *error) {
    lightpose_image *const image = &shot->image;
    size_t needed = 64; /* swscale reads up to a vector past the end */
    for (int plane = 0; plane < 3; plane++) {
        int rows;
        const size_t row = plane_row(image, plane, &rows);
        needed += row ? padded(row) * (size_t)rows : 0;
    }
    if (needed > shot->capacity) {
        free(shot->pixels);
        shot->pixels = aligned_alloc(64, needed);
        shot->capacity = shot->pixels ? needed : 0;
        if (!shot->pixels)
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to show a picture of %dx%d", image->width,
                           image->height);
    }
    uint8_t *to = shot->pixels;
    for (int plane = 0; plane < 3; plane++) {
        int rows;
        const size_t row = plane_row(image, plane, &rows);
        image->planes[plane] = row ? to : NULL;
        image->strides[plane] = (ptrdiff_t)padded(row);
        to += row ? padded(row) * (size_t)rows : 0;
    }
    return LIGHTPOSE_OK;
}

static uint8_t *row_of(const lightpose_image *image, int plane, int y) {
    return (uint8_t *)(uintptr_t)image->planes[plane] + y * image->strides[plane];
}

/* Separates a row of interleaved U and V. */
static void part(uint8_t *restrict u, uint8_t *restrict v, const uint8_t *restrict from, int width) {
    for (int x = 0; x < width; x++) {
        u[x] = from[2 * x];
        v[x] = from[2 * x + 1];
    }
}

static void copy_planes(const lightpose_image *to, const lightpose_image *from) {
    const int parted = to->format != from->format, width = (from->width + 1) / 2, height = (from->height + 1) / 2;
    for (int plane = 0; plane < (parted ? 1 : 3); plane++) {
        int rows;
        const size_t row = plane_row(from, plane, &rows);
        for (int y = 0; row && y < rows; y++)
            memcpy(row_of(to, plane, y), row_of(from, plane, y), row);
    }
    for (int y = 0; parted && y < height; y++)
        part(row_of(to, 1, y), row_of(to, 2, y), row_of(from, 1, y), width);
}

lightpose_status lp_shots_put(lp_shots *shots, const lightpose_image *image, const lightpose_result *result,
                              int64_t number, lightpose_error *error) {
    lp_shot *const shot = &shots->shots[shots->filling];
    shot->image = *image;
    if (image->format == LIGHTPOSE_NV12)
        shot->image.format = LIGHTPOSE_I420;
    lightpose_status status = reserve(shot, error);
    if (status == LIGHTPOSE_OK)
        status = lightpose_result_assign(shot->result, lightpose_result_get_pose(result, 0),
                                         lightpose_result_get_count(result), error);
    if (status != LIGHTPOSE_OK)
        return status;
    copy_planes(&shot->image, image);
    shot->number = number;
    shots->filling = atomic_exchange(&shots->between, shots->filling | LP_SHOT_FRESH) & ~LP_SHOT_FRESH;
    return LIGHTPOSE_OK;
}

const lp_shot *lp_shots_take(lp_shots *shots) {
    if (!(atomic_load(&shots->between) & LP_SHOT_FRESH))
        return NULL;
    shots->taken = atomic_exchange(&shots->between, shots->taken) & ~LP_SHOT_FRESH;
    return &shots->shots[shots->taken];
}
