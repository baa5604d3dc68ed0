/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/orient.h"

#include <string.h>

lp_input_orient lp_input_orient_exif(int value) {
    static const lp_input_orient table[9] = {{0, 0, 0}, {0, 0, 0}, {0, 1, 0}, {0, 1, 1}, {0, 0, 1},
                                             {1, 0, 0}, {1, 1, 0}, {1, 1, 1}, {1, 0, 1}};
    return table[value >= 1 && value <= 8 ? value : 0];
}

lp_input_orient lp_input_orient_rotate(int degrees) {
    static const int exif[4] = {1, 6, 3, 8};
    return lp_input_orient_exif(exif[((degrees / 90) % 4 + 4) % 4]);
}

lp_input_orient lp_input_orient_then(lp_input_orient a, lp_input_orient b) {
    /* If `b` transposes, it exchanges the axes of the mirrors of `a`. */
    lp_input_orient sum = {.transpose = a.transpose ^ b.transpose};
    sum.mirror_x = (b.transpose ? a.mirror_y : a.mirror_x) ^ b.mirror_x;
    sum.mirror_y = (b.transpose ? a.mirror_x : a.mirror_y) ^ b.mirror_y;
    return sum;
}

int lp_input_orient_is_upright(lp_input_orient orient) {
    return !(orient.transpose || orient.mirror_x || orient.mirror_y);
}

/* Returns the bytes per element of plane `index`, which has width x height elements; 0: there is no such plane. */
static int plane_of(const lightpose_image *image, int index, int *width, int *height) {
    const int chroma = index > 0;
    *width = chroma ? (image->width + 1) / 2 : image->width;
    *height = chroma ? (image->height + 1) / 2 : image->height;
    switch (image->format) {
    case LIGHTPOSE_BGR24:
    case LIGHTPOSE_RGB24:
        return chroma ? 0 : 3;
    case LIGHTPOSE_BGRA:
    case LIGHTPOSE_RGBA:
        return chroma ? 0 : 4;
    case LIGHTPOSE_GRAY8:
        return chroma ? 0 : 1;
    case LIGHTPOSE_NV12:
        return index == 0 ? 1 : index == 1 ? 2 : 0;
    case LIGHTPOSE_I420:
        return 1;
    }
    return 0;
}

size_t lp_input_orient_bytes(const lightpose_image *image) {
    size_t bytes = 0;
    for (int i = 0; i < 3; i++) {
        int width, height;
        const int size = plane_of(image, i, &width, &height);
        bytes += (size_t)size * (size_t)width * (size_t)height;
    }
    return bytes;
}

/* `size` is a constant at each call, so that memcpy becomes a move. */
static inline __attribute__((always_inline)) void copy_elements(uint8_t *to, const uint8_t *from, ptrdiff_t step,
                                                                int count, size_t size) {
    for (int i = 0; i < count; i++, from += step)
        memcpy(to + (size_t)i * size, from, size);
}

/* Writes width x height elements row by row, read at from + x * step_x + y * step_y; in squares, so that a transposed
 * source stays in the cache. */
static void turn_plane(uint8_t *to, const uint8_t *from, ptrdiff_t step_x, ptrdiff_t step_y, int width, int height,
                       int size) {
    enum { SIDE = 64 };
    for (int y0 = 0; y0 < height; y0 += SIDE)
        for (int x0 = 0; x0 < width; x0 += SIDE) {
            const int columns = width - x0 < SIDE ? width - x0 : SIDE, rows = height - y0 < SIDE ? height - y0 : SIDE;
            for (int y = y0; y < y0 + rows; y++) {
                uint8_t *const row = to + ((size_t)y * (size_t)width + (size_t)x0) * (size_t)size;
                const uint8_t *const source = from + x0 * step_x + y * step_y;
                if (size == 1)
                    copy_elements(row, source, step_x, columns, 1);
                else if (size == 2)
                    copy_elements(row, source, step_x, columns, 2);
                else if (size == 3)
                    copy_elements(row, source, step_x, columns, 3);
                else
                    copy_elements(row, source, step_x, columns, 4);
            }
        }
}

void lp_input_orient_apply(lp_input_orient orient, const lightpose_image *image, uint8_t *pixels,
                           lightpose_image *turned) {
    *turned = *image;
    turned->width = orient.transpose ? image->height : image->width;
    turned->height = orient.transpose ? image->width : image->height;
    if (orient.transpose && image->pixel_aspect > 0)
        turned->pixel_aspect = 1 / image->pixel_aspect;
    for (int i = 0; i < 3; i++) {
        int width, height;
        const int size = plane_of(image, i, &width, &height);
        turned->planes[i] = size ? pixels : NULL;
        turned->strides[i] = 0;
        if (!size)
            continue;
        /* Steps in the source for a step in x and in y of the result, before mirroring. */
        ptrdiff_t step_x = orient.transpose ? image->strides[i] : size;
        ptrdiff_t step_y = orient.transpose ? size : image->strides[i];
        const int columns = orient.transpose ? height : width, rows = orient.transpose ? width : height;
        const uint8_t *from = image->planes[i];
        if (orient.mirror_x) {
            from += (columns - 1) * step_x;
            step_x = -step_x;
        }
        if (orient.mirror_y) {
            from += (rows - 1) * step_y;
            step_y = -step_y;
        }
        turn_plane(pixels, from, step_x, step_y, columns, rows, size);
        turned->strides[i] = (ptrdiff_t)columns * size;
        pixels += (size_t)size * (size_t)columns * (size_t)rows;
    }
}
