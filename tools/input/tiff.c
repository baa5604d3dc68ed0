/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/tiff.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
#include <tiffio.h>

#include "fail.h"

/* Pages are counted up to this number. */
enum { MAX_PAGES = 1000 };

/* ---- Errors of libtiff ------------------------------------------------------------------------------------------- */

static _Thread_local char complaint[200];

/* Keeps only the first error of a file, which is the cause of the others. */
static void complain(const char *module, const char *format, va_list args) {
    (void)module;
    if (!*complaint)
        vsnprintf(complaint, sizeof complaint, format, args);
}

static void set_handlers(void) {
    TIFFSetErrorHandler(complain);
    TIFFSetWarningHandler(NULL);
}

/* ---- A file in memory -------------------------------------------------------------------------------------------- */

typedef struct memory {
    const uint8_t *data;
    size_t size, at;
} memory;

static tmsize_t read_memory(thandle_t handle, void *to, tmsize_t count) {
    memory *const m = handle;
    const size_t left = m->at < m->size ? m->size - m->at : 0, got = (size_t)count < left ? (size_t)count : left;
    memcpy(to, m->data + (left ? m->at : 0), got);
    m->at += got;
    return (tmsize_t)got;
}

static tmsize_t write_memory(thandle_t handle, void *from, tmsize_t count) {
    (void)handle;
    (void)from;
    (void)count;
    return 0;
}

static toff_t seek_memory(thandle_t handle, toff_t offset, int whence) {
    memory *const m = handle;
    m->at = (size_t)offset + (whence == SEEK_CUR ? m->at : whence == SEEK_END ? m->size : 0);
    return m->at;
}

static int close_memory(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t size_of_memory(thandle_t handle) {
    return ((memory *)handle)->size;
}

static int map_memory(thandle_t handle, void **base, toff_t *size) {
    memory *const m = handle;
    *base = (void *)m->data;
    *size = m->size;
    return 1;
}

static void unmap_memory(thandle_t handle, void *base, toff_t size) {
    (void)handle;
    (void)base;
    (void)size;
}

/* ---- A page ------------------------------------------------------------------------------------------------------ */

static int count_pages(TIFF *tiff) {
    int pages = 1;
    while (pages < MAX_PAGES && TIFFReadDirectory(tiff))
        pages++;
    return TIFFSetDirectory(tiff, 0) ? pages : 1;
}

static lightpose_status to_frame(const uint32_t *raster, AVFrame *frame, lightpose_error *error) {
    frame->format = AV_PIX_FMT_BGR24;
    if (av_frame_get_buffer(frame, 0) < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a picture of %dx%d", frame->width, frame->height);
    for (int y = 0; y < frame->height; y++) {
        uint8_t *to = frame->data[0] + y * frame->linesize[0];
        const uint32_t *from = raster + (size_t)y * (size_t)frame->width;
        for (int x = 0; x < frame->width; x++, to += 3, from++) {
            to[0] = (uint8_t)TIFFGetB(*from);
            to[1] = (uint8_t)TIFFGetG(*from);
            to[2] = (uint8_t)TIFFGetR(*from);
        }
    }
    return LIGHTPOSE_OK;
}

static lightpose_status read_page(TIFF *tiff, int max_side, int64_t max_pixels, AVFrame *frame,
                                  lightpose_error *error) {
    char reason[1024] = "";
    TIFFRGBAImage image;
    if (!TIFFRGBAImageOK(tiff, reason) || !TIFFRGBAImageBegin(&image, tiff, 1, reason))
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "this kind of TIFF is not supported (%.300s)", reason);
    const int64_t pixels = (int64_t)image.width * image.height;
    lightpose_status status = LIGHTPOSE_OK;
    uint32_t *raster = NULL;
    if (image.width > (uint32_t)max_side || image.height > (uint32_t)max_side || pixels > max_pixels || pixels == 0)
        status = lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "%ux%u pixels; the limit is %d a side and %lld in all",
                         image.width, image.height, max_side, (long long)max_pixels);
    else if (!(raster = malloc((size_t)pixels * sizeof *raster)))
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a picture of %ux%u", image.width, image.height);
    image.req_orientation = image.orientation; /* rows as they are stored */
    if (status == LIGHTPOSE_OK && !TIFFRGBAImageGet(&image, raster, image.width, image.height))
        status = lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "the TIFF file is damaged (%.200s)", complaint);
    frame->width = (int)image.width;
    frame->height = (int)image.height;
    if (status == LIGHTPOSE_OK)
        status = to_frame(raster, frame, error);
    free(raster);
    TIFFRGBAImageEnd(&image);
    return status;
}

lightpose_status lp_tiff_decode(const uint8_t *data, size_t size, int max_side, int64_t max_pixels, AVFrame *frame,
                                int *pages, lightpose_error *error) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_handlers);
    *complaint = 0;
    memory file = {data, size, 0};
    TIFF *const tiff = TIFFClientOpen("", "r", &file, read_memory, write_memory, seek_memory, close_memory,
                                      size_of_memory, map_memory, unmap_memory);
    if (!tiff)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "the TIFF file is damaged (%.200s)", complaint);
    *pages = count_pages(tiff);
    *complaint = 0;
    const lightpose_status status = read_page(tiff, max_side, max_pixels, frame, error);
    TIFFClose(tiff);
    return status;
}
