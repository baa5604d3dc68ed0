/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/heif.h"

#include <string.h>

#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>

#include "fail.h"

#if LP_HAVE_HEIF

#include <libheif/heif.h>

static lightpose_status fail(struct heif_error code, lightpose_error *error) {
    const int lacking = code.code == heif_error_Unsupported_feature || code.code == heif_error_Unsupported_filetype ||
                        code.code == heif_error_Decoder_plugin_error;
    return lp_fail(error, lacking ? LIGHTPOSE_ERROR_UNSUPPORTED : LIGHTPOSE_ERROR_IMAGE, "the HEIF file %s (%.200s)",
                   lacking ? "is of an unsupported kind" : "is damaged", code.message ? code.message : "");
}

static lightpose_status to_frame(const struct heif_image *image, AVFrame *frame, lightpose_error *error) {
    int stride;
    const uint8_t *const pixels = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
    frame->width = heif_image_get_width(image, heif_channel_interleaved);
    frame->height = heif_image_get_height(image, heif_channel_interleaved);
    frame->format = AV_PIX_FMT_RGB24;
    if (!pixels || av_frame_get_buffer(frame, 0) < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a picture of %dx%d", frame->width, frame->height);
    for (int y = 0; y < frame->height; y++)
        memcpy(frame->data[0] + y * frame->linesize[0], pixels + (ptrdiff_t)y * stride, 3 * (size_t)frame->width);
    return LIGHTPOSE_OK;
}

/* The size is known before anything is decoded. */
static lightpose_status check(const struct heif_image_handle *handle, int max_side, int64_t max_pixels,
                              lightpose_error *error) {
    const int width = heif_image_handle_get_width(handle), height = heif_image_handle_get_height(handle);
    if (width > max_side || height > max_side || (int64_t)width * height > max_pixels)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "%dx%d pixels; the limit is %d a side and %lld in all", width,
                       height, max_side, (long long)max_pixels);
    return LIGHTPOSE_OK;
}

lightpose_status lp_heif_decode(const uint8_t *data, size_t size, int max_side, int64_t max_pixels, AVFrame *frame,
                                lightpose_error *error) {
    struct heif_context *const context = heif_context_alloc();
    struct heif_image_handle *handle = NULL;
    struct heif_image *image = NULL;
    if (!context)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a decoder");
    struct heif_error code = heif_context_read_from_memory_without_copy(context, data, size, NULL);
    if (!code.code)
        code = heif_context_get_primary_image_handle(context, &handle);
    lightpose_status status = code.code ? fail(code, error) : check(handle, max_side, max_pixels, error);
    if (status == LIGHTPOSE_OK) {
        code = heif_decode_image(handle, &image, heif_colorspace_RGB, heif_chroma_interleaved_RGB, NULL);
        status = code.code ? fail(code, error) : to_frame(image, frame, error);
    }
    if (image)
        heif_image_release(image);
    if (handle)
        heif_image_handle_release(handle);
    heif_context_free(context);
    return status;
}

#else

lightpose_status lp_heif_decode(const uint8_t *data, size_t size, int max_side, int64_t max_pixels, AVFrame *frame,
                                lightpose_error *error) {
    (void)data;
    (void)size;
    (void)max_side;
    (void)max_pixels;
    (void)frame;
    return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED,
                   "this build cannot read HEIC or AVIF: it was built without libheif");
}

#endif
