/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/canvas.h"

#include <stdlib.h>
#include <string.h>

#include <libavutil/frame.h>
#include <libswscale/swscale.h>

/* GOOD interpolates chroma and rounds accurately. */
enum { GOOD = SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BILINEAR, QUICK = SWS_BILINEAR };

void lp_canvas_free(lp_canvas *canvas) {
    sws_freeContext(canvas->in);
    sws_freeContext(canvas->out);
    free(canvas->view.pixels);
    *canvas = (lp_canvas){0};
}

static enum AVPixelFormat format_of(const lightpose_image *picture) {
    switch (picture->format) {
    case LIGHTPOSE_BGR24:
        return AV_PIX_FMT_BGR24;
    case LIGHTPOSE_RGB24:
        return AV_PIX_FMT_RGB24;
    case LIGHTPOSE_BGRA:
        return AV_PIX_FMT_BGR0;
    case LIGHTPOSE_RGBA:
        return AV_PIX_FMT_RGB0;
    case LIGHTPOSE_GRAY8:
        return AV_PIX_FMT_GRAY8;
    case LIGHTPOSE_NV12:
        return AV_PIX_FMT_NV12;
    case LIGHTPOSE_I420:
        return AV_PIX_FMT_YUV420P;
    }
    return AV_PIX_FMT_NONE;
}

static lightpose_status reserve(lp_canvas *canvas, int width, int height, lightpose_error *error) {
    /* swscale writes whole vectors: aligned rows, and some bytes after the last. */
    const size_t stride = ((size_t)width * 3 + 63) / 64 * 64, needed = stride * (size_t)height + 64;
    if (needed > canvas->capacity) {
        free(canvas->view.pixels);
        canvas->view.pixels = aligned_alloc(64, needed);
        canvas->capacity = canvas->view.pixels ? needed : 0;
        if (!canvas->view.pixels)
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to draw on a picture of %dx%d", width, height);
    }
    canvas->view.stride = (ptrdiff_t)stride;
    canvas->view.width = width;
    canvas->view.height = height;
    canvas->view.format = LIGHTPOSE_BGR24;
    return LIGHTPOSE_OK;
}

static lightpose_status convert(lp_canvas *canvas, const lightpose_image *picture, lightpose_error *error) {
    const int width = picture->width, height = picture->height;
    canvas->in = sws_getCachedContext(canvas->in, width, height, format_of(picture), width, height, AV_PIX_FMT_BGR24,
                                      canvas->quick ? QUICK : GOOD, NULL, NULL, NULL);
    if (!canvas->in)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no converter for a picture of %dx%d", width, height);
    const int yuv = picture->format == LIGHTPOSE_I420 || picture->format == LIGHTPOSE_NV12;
    const int *const matrix = sws_getCoefficients(picture->matrix == LIGHTPOSE_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    sws_setColorspaceDetails(canvas->in, matrix, !yuv || picture->range == LIGHTPOSE_RANGE_FULL, matrix, 1, 0, 1 << 16,
                             1 << 16);
    int strides[4] = {0};
    for (int i = 0; i < 3; i++)
        strides[i] = (int)picture->strides[i];
    uint8_t *const to[4] = {canvas->view.pixels};
    const int to_strides[4] = {(int)canvas->view.stride};
    const uint8_t *const from[4] = {picture->planes[0], picture->planes[1], picture->planes[2]};
    if (sws_scale(canvas->in, from, strides, 0, height, to, to_strides) != height)
        return lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "converting a picture of %dx%d failed", width, height);
    return LIGHTPOSE_OK;
}

lightpose_status lp_canvas_draw(lp_canvas *canvas, const lightpose_image *picture, const lightpose_result *result,
                                const lightpose_draw_settings *settings, lightpose_error *error) {
    lightpose_status status = reserve(canvas, picture->width, picture->height, error);
    if (status != LIGHTPOSE_OK)
        return status;
    if (picture->format == LIGHTPOSE_BGR24)
        for (int y = 0; y < picture->height; y++)
            memcpy(canvas->view.pixels + y * canvas->view.stride, picture->planes[0] + y * picture->strides[0],
                   3 * (size_t)picture->width);
    else
        status = convert(canvas, picture, error);
    return status == LIGHTPOSE_OK && result ? lightpose_canvas_draw(&canvas->view, result, settings, error) : status;
}

lightpose_status lp_canvas_to_frame(lp_canvas *canvas, AVFrame *frame, lightpose_error *error) {
    const int width = canvas->view.width, height = canvas->view.height;
    canvas->out = sws_getCachedContext(canvas->out, width, height, AV_PIX_FMT_BGR24, frame->width, frame->height,
                                       frame->format, GOOD, NULL, NULL, NULL);
    if (!canvas->out)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no converter for a picture of %dx%d", width, height);
    const int *const matrix = sws_getCoefficients(frame->colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    sws_setColorspaceDetails(canvas->out, matrix, 1, matrix, frame->color_range != AVCOL_RANGE_MPEG, 0, 1 << 16,
                             1 << 16);
    const uint8_t *const from[4] = {canvas->view.pixels};
    const int strides[4] = {(int)canvas->view.stride};
    if (sws_scale(canvas->out, from, strides, 0, height, frame->data, frame->linesize) != frame->height)
        return lp_fail(error, LIGHTPOSE_ERROR_ENGINE, "converting a picture of %dx%d failed", width, height);
    return LIGHTPOSE_OK;
}
