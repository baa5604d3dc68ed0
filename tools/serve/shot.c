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

/* Bytes of a row, and rows, of a plane; 0 where the format has no such plane. */
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

static lightpose_status reserve(lp_shot *shot, const lightpose_image *image, lightpose_error *error) {
    size_t needed = 64; /* swscale reads whole vectors */
    for (int plane = 0; plane < 3; plane++) {
        int rows;
        const size_t row = plane_row(image, plane, &rows);
        needed += row ? padded(row) * (size_t)rows : 0;
    }
    if (needed <= shot->capacity)
        return LIGHTPOSE_OK;
    free(shot->pixels);
    shot->pixels = aligned_alloc(64, needed);
    shot->capacity = shot->pixels ? needed : 0;
    return shot->pixels ? LIGHTPOSE_OK
                        : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to show a picture of %dx%d", image->width,
                                  image->height);
}

static void copy_planes(lp_shot *shot, const lightpose_image *image) {
    uint8_t *to = shot->pixels;
    shot->image = *image;
    for (int plane = 0; plane < 3; plane++) {
        int rows;
        const size_t row = plane_row(image, plane, &rows);
        shot->image.planes[plane] = row ? to : NULL;
        shot->image.strides[plane] = row ? (ptrdiff_t)padded(row) : 0;
        for (int y = 0; row && y < rows; y++, to += padded(row))
            memcpy(to, image->planes[plane] + y * image->strides[plane], row);
    }
}

lightpose_status lp_shots_put(lp_shots *shots, const lightpose_image *image, const lightpose_result *result,
                              int64_t number, lightpose_error *error) {
    lp_shot *const shot = &shots->shots[shots->filling];
    lightpose_status status = reserve(shot, image, error);
    if (status == LIGHTPOSE_OK)
        status = lightpose_result_assign(shot->result, lightpose_result_get_pose(result, 0),
                                         lightpose_result_get_count(result), error);
    if (status != LIGHTPOSE_OK)
        return status;
    copy_planes(shot, image);
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
