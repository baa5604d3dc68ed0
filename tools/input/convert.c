/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/convert.h"

#include <libavutil/buffer.h>
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "fail.h"

enum { FIRST_HD_LINES = 720 };

void lp_input_converter_free(lp_input_converter *converter) {
    sws_freeContext(converter->scaler);
    av_buffer_pool_uninit(&converter->pool);
    converter->scaler = NULL;
    converter->pool_bytes = 0;
}

static int is_full_range(const AVFrame *frame) {
    switch (frame->format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
        return 1;
    default:
        return frame->color_range == AVCOL_RANGE_JPEG;
    }
}

/* swscale's constant for the frame's matrix. */
static int matrix_of(const lp_input_converter *converter, const AVFrame *frame) {
    switch (frame->colorspace) {
    case AVCOL_SPC_BT709:
        return SWS_CS_ITU709;
    case AVCOL_SPC_FCC:
        return SWS_CS_FCC;
    case AVCOL_SPC_SMPTE240M:
        return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return SWS_CS_BT2020;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return SWS_CS_ITU601;
    default:
        return converter->still || frame->height < FIRST_HD_LINES ? SWS_CS_ITU601 : SWS_CS_ITU709;
    }
}

/* Describes `frame` in *image if the library can read it unchanged; returns 0 if it cannot. */
static int view(const lp_input_converter *converter, const AVFrame *frame, lightpose_image *image) {
    const int matrix = matrix_of(converter, frame);
    *image = (lightpose_image){
        .width = frame->width,
        .height = frame->height,
        .matrix = matrix == SWS_CS_ITU709 ? LIGHTPOSE_BT709 : LIGHTPOSE_BT601,
        .range = is_full_range(frame) ? LIGHTPOSE_RANGE_FULL : LIGHTPOSE_RANGE_LIMITED,
    };
    int planes = 1;
    switch (frame->format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVJ420P:
        image->format = LIGHTPOSE_I420;
        planes = 3;
        break;
    case AV_PIX_FMT_NV12:
        image->format = LIGHTPOSE_NV12;
        planes = 2;
        break;
    case AV_PIX_FMT_BGR24:
        image->format = LIGHTPOSE_BGR24;
        break;
    case AV_PIX_FMT_RGB24:
        image->format = LIGHTPOSE_RGB24;
        break;
    case AV_PIX_FMT_BGRA:
    case AV_PIX_FMT_BGR0:
        image->format = LIGHTPOSE_BGRA;
        break;
    case AV_PIX_FMT_RGBA:
    case AV_PIX_FMT_RGB0:
        image->format = LIGHTPOSE_RGBA;
        break;
    case AV_PIX_FMT_GRAY8:
        if (frame->color_range == AVCOL_RANGE_MPEG) /* the library takes gray as full range */
            return 0;
        image->format = LIGHTPOSE_GRAY8;
        break;
    default:
        return 0;
    }
    if (planes > 1 && matrix != SWS_CS_ITU709 && matrix != SWS_CS_ITU601)
        return 0;
    for (int i = 0; i < planes; i++) {
        image->planes[i] = frame->data[i];
        image->strides[i] = frame->linesize[i];
    }
    return 1;
}

/* The "J" formats (full range) are deprecated: swscale takes the plain format, and the range separately. */
static enum AVPixelFormat plain_format(int format) {
    switch (format) {
    case AV_PIX_FMT_YUVJ420P:
        return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
        return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
        return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
        return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ411P:
        return AV_PIX_FMT_YUV411P;
    default:
        return format;
    }
}

static lightpose_status open_scaler(lp_input_converter *converter, const AVFrame *frame, lightpose_error *error) {
    const AVPixFmtDescriptor *const format = av_pix_fmt_desc_get(frame->format);
    if (!format || !sws_isSupportedInput(frame->format))
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "pixel format %s cannot be converted",
                       format ? format->name : "unknown");
    /* Without accurate rounding swscale takes the nearest chroma sample. */
    const int flags = SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BILINEAR;
    converter->scaler =
        sws_getCachedContext(converter->scaler, frame->width, frame->height, plain_format(frame->format), frame->width,
                             frame->height, AV_PIX_FMT_BGR24, flags, NULL, NULL, NULL);
    if (!converter->scaler)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no converter from %dx%d %s to BGR", frame->width, frame->height,
                       format->name);
    const int *const coefficients = sws_getCoefficients(matrix_of(converter, frame));
    const int full = is_full_range(frame) || (format->flags & AV_PIX_FMT_FLAG_RGB) ||
                     (format->nb_components <= 2 && frame->color_range != AVCOL_RANGE_MPEG);
    sws_setColorspaceDetails(converter->scaler, coefficients, full, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16,
                             1 << 16);
    return LIGHTPOSE_OK;
}

/* An empty frame with one buffer of at least `bytes`; NULL for lack of memory. */
static AVFrame *new_frame(lp_input_converter *converter, size_t bytes) {
    if (!converter->pool || converter->pool_bytes != bytes) {
        av_buffer_pool_uninit(&converter->pool); /* buffers in use are freed when they are returned */
        converter->pool = av_buffer_pool_init(bytes, NULL);
        converter->pool_bytes = bytes;
    }
    AVFrame *frame = av_frame_alloc();
    if (frame && converter->pool)
        frame->buf[0] = av_buffer_pool_get(converter->pool);
    if (frame && !frame->buf[0])
        av_frame_free(&frame);
    return frame;
}

/* Replaces the contents of `frame` by those of `made`, and frees `made`. */
static void replace(AVFrame *frame, AVFrame *made) {
    av_frame_unref(frame);
    av_frame_move_ref(frame, made);
    av_frame_free(&made);
}

/* To BGR24, with the frame's own matrix and range, chroma interpolated. */
static lightpose_status to_bgr(lp_input_converter *converter, AVFrame *frame, lightpose_image *image,
                               lightpose_error *error) {
    const lightpose_status status = open_scaler(converter, frame, error);
    if (status != LIGHTPOSE_OK)
        return status;
    /* swscale writes whole vectors: aligned rows, and some bytes after the last. */
    const size_t stride = ((size_t)frame->width * 3 + 63) / 64 * 64;
    AVFrame *made = new_frame(converter, stride * (size_t)frame->height + 64);
    if (!made)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a picture of %dx%d", frame->width, frame->height);
    uint8_t *const planes[4] = {made->buf[0]->data};
    const int strides[4] = {(int)stride};
    const int rows = sws_scale(converter->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                               frame->height, planes, strides);
    if (rows != frame->height) {
        av_frame_free(&made);
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "converting a picture of %dx%d failed", frame->width,
                       frame->height);
    }
    *image = (lightpose_image){.planes = {planes[0]},
                               .strides = {(ptrdiff_t)stride},
                               .width = frame->width,
                               .height = frame->height,
                               .format = LIGHTPOSE_BGR24};
    replace(frame, made);
    return LIGHTPOSE_OK;
}

static lightpose_status turn(lp_input_converter *converter, AVFrame *frame, lp_input_orient orient,
                             lightpose_image *image, lightpose_error *error) {
    const lightpose_image stored = *image;
    AVFrame *const made = new_frame(converter, lp_input_orient_bytes(&stored));
    if (!made)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to turn a picture of %dx%d", stored.width,
                       stored.height);
    lp_input_orient_apply(orient, &stored, made->buf[0]->data, image);
    replace(frame, made);
    return LIGHTPOSE_OK;
}

static lightpose_status convert(lp_input_converter *converter, AVFrame *frame, lp_input_orient orient,
                                lightpose_image *image, lightpose_error *error) {
    const int upright = lp_input_orient_is_upright(orient);
    const int bgr_only = converter->still;
    if (view(converter, frame, image) && (!bgr_only || image->format == LIGHTPOSE_BGR24)) {
        const int subsampled = image->format == LIGHTPOSE_I420 || image->format == LIGHTPOSE_NV12;
        if (upright)
            return LIGHTPOSE_OK;
        /* With an odd side, chroma that is turned separately is off by one pixel. */
        if (!subsampled || !((image->width | image->height) & 1))
            return turn(converter, frame, orient, image, error);
    }
    const lightpose_status status = to_bgr(converter, frame, image, error);
    return status != LIGHTPOSE_OK || upright ? status : turn(converter, frame, orient, image, error);
}

lightpose_status lp_input_convert(lp_input_converter *converter, AVFrame *frame, lp_input_orient orient,
                                  float pixel_aspect, lightpose_image *image, lightpose_error *error) {
    const lightpose_status status = convert(converter, frame, orient, image, error);
    if (status == LIGHTPOSE_OK && pixel_aspect > 0)
        image->pixel_aspect = orient.transpose ? 1 / pixel_aspect : pixel_aspect;
    return status;
}
