/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "image/view.h"
#include "input/input.h"

/* A copy of the caller's pixels, plane after plane, rows without padding. */
static lightpose_status keep(frames *list, const lightpose_image *image, lightpose_error *error) {
    const int planes = lp_format_planes(image->format);
    size_t bytes = 0;

    for (int p = 0; p < planes; p++)
        bytes += (size_t)lp_format_row_bytes(image->format, p, image->width) *
                 (size_t)lp_format_rows(image->format, p, image->height);
    lightpose_image *const images = realloc(list->images, ((size_t)list->count + 1) * sizeof *images);
    if (images)
        list->images = images;
    uint8_t *at = images && bytes ? malloc(bytes) : NULL;
    if (!at)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for frame %d", list->count);
    lightpose_image *const copy = &images[list->count++];
    *copy = *image;
    for (int p = 0; p < planes; p++) {
        const size_t row = (size_t)lp_format_row_bytes(image->format, p, image->width);
        copy->planes[p] = at;
        copy->strides[p] = (ptrdiff_t)row;
        for (int y = 0; y < lp_format_rows(image->format, p, image->height); y++, at += row)
            memcpy(at, image->planes[p] + y * image->strides[p], row);
    }
    return LIGHTPOSE_OK;
}

static lightpose_status read_source(frames *list, const lp_source *source, int limit, lightpose_error *error) {
    lp_input_options options;
    lp_input *input = NULL;
    lp_input_frame frame = {0};
    lp_input_picture picture = {0};
    int more = 1;

    lp_input_options_default(&options);
    LP_TRY(lp_input_open(&input, source, &options, error));
    for (int i = 0; i < limit && error->status == LIGHTPOSE_OK; i++) {
        more = lp_input_next(input, &frame, error);
        if (more <= 0)
            break;
        if (frame.path && lp_input_picture_read(&picture, frame.path, NULL, error) == LIGHTPOSE_OK)
            (void)!keep(list, &picture.image, error);
        else if (!frame.path && frame.state == LP_INPUT_OK)
            (void)!keep(list, &frame.image, error);
    }
    lp_input_frame_release(&frame);
    lp_input_picture_free(&picture);
    lp_input_close(&input);
    return error->status;
}

static lightpose_status make_up(frames *list, lightpose_error *error) {
    enum { WIDTH = 1280, HEIGHT = 720 };
    uint8_t *const pixels = malloc((size_t)WIDTH * HEIGHT * 3);
    const lightpose_image image = {
        .planes = {pixels}, .strides = {WIDTH * 3}, .width = WIDTH, .height = HEIGHT, .format = LIGHTPOSE_BGR24};
    if (!pixels)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a frame");
    for (int y = 0; y < HEIGHT; y++)
        for (int i = 0; i < WIDTH * 3; i++)
            pixels[(size_t)y * WIDTH * 3 + (size_t)i] = (uint8_t)(64 + (i / 3 + y) % 128);
    const lightpose_status status = keep(list, &image, error);
    free(pixels);
    return status;
}

lightpose_status frames_read(frames *list, const char *const *inputs, int count, int limit, lightpose_error *error) {
    lp_sources sources = {0};

    *list = (frames){0};
    if (count == 0)
        return make_up(list, error);
    for (int i = 0; i < count && error->status == LIGHTPOSE_OK; i++)
        (void)!lp_sources_add(&sources, inputs[i], error);
    for (int i = 0; i < sources.count && error->status == LIGHTPOSE_OK; i++)
        (void)!read_source(list, &sources.items[i], limit, error);
    lp_sources_free(&sources);
    if (error->status == LIGHTPOSE_OK && list->count == 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "the inputs contain no frame that can be decoded");
    return error->status;
}

void frames_free(frames *list) {
    for (int i = 0; i < list->count; i++)
        free((void *)(uintptr_t)list->images[i].planes[0]); /* keep() allocated it */
    free(list->images);
    *list = (frames){0};
}
