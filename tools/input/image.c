/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>

#include "fail.h"
#include "input/convert.h"
#include "input/heif.h"
#include "input/orient.h"
#include "input/salvage.h"
#include "input/sniff.h"
#include "input/tiff.h"

/* 2^28 pixels of 8 bytes are 2 GiB without compression; no real file of a picture reaches half of that. */
#define MAX_FILE_BYTES ((off_t)1 << 30)

typedef struct picture_reader {
    uint8_t *file; /* with FFmpeg's padding behind it */
    size_t file_capacity, file_size;
    AVCodecContext *decoder;
    AVPacket *packet;
    AVFrame *frame;
    lp_input_converter converter;
} picture_reader;

static void reader_free(picture_reader *r) {
    if (!r)
        return;
    free(r->file);
    avcodec_free_context(&r->decoder);
    av_packet_free(&r->packet);
    av_frame_free(&r->frame);
    lp_input_converter_free(&r->converter);
    free(r);
}

void lp_input_picture_free(lp_input_picture *picture) {
    reader_free(picture->reader);
    *picture = (lp_input_picture){0};
}

static picture_reader *reader_create(void) {
    picture_reader *const r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->packet = av_packet_alloc();
    r->frame = av_frame_alloc();
    r->converter.still = 1;
    if (!r->packet || !r->frame) {
        reader_free(r);
        return NULL;
    }
    return r;
}

static int reserve(picture_reader *r, size_t size) {
    if (r->file && size <= r->file_capacity)
        return 1;
    free(r->file);
    r->file = malloc(size);
    r->file_capacity = r->file ? size : 0;
    return r->file != NULL;
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

static lightpose_status read_bytes(picture_reader *r, int file, const char *path, lightpose_error *error) {
    size_t used = 0;
    while (used < r->file_size) {
        const ssize_t got = read(file, r->file + used, r->file_size - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
        if (got == 0)
            break;
        used += (size_t)got;
    }
    r->file_size = used;
    memset(r->file + used, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    return LIGHTPOSE_OK;
}

static lightpose_status read_file(picture_reader *r, const char *path, lightpose_error *error) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    if (file < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    lightpose_status status = LIGHTPOSE_OK;
    if (fstat(file, &about) < 0)
        status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(about.st_mode))
        status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: not a regular file", path);
    else if (about.st_size == 0)
        status = lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "%s: the file is empty", path);
    else if (about.st_size > MAX_FILE_BYTES)
        status = lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "%s: %lld bytes are too many for a picture; the limit is %lld",
                         path, (long long)about.st_size, (long long)MAX_FILE_BYTES);
    else if (!reserve(r, (size_t)about.st_size + AV_INPUT_BUFFER_PADDING_SIZE))
        status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for %lld bytes", path, (long long)about.st_size);
    if (status == LIGHTPOSE_OK) {
        r->file_size = (size_t)about.st_size;
        status = read_bytes(r, file, path, error);
    }
    close(file);
    return status;
}

/* ---- The picture ------------------------------------------------------------------------------------------------- */

static enum AVCodecID codec_of(lp_input_picture_kind kind, const uint8_t *file) {
    static const enum AVCodecID ids[LP_PICTURE_KINDS] = {
        [LP_PICTURE_JPEG] = AV_CODEC_ID_MJPEG,  [LP_PICTURE_PNG] = AV_CODEC_ID_PNG,
        [LP_PICTURE_WEBP] = AV_CODEC_ID_WEBP,   [LP_PICTURE_BMP] = AV_CODEC_ID_BMP,
        [LP_PICTURE_GIF] = AV_CODEC_ID_GIF,     [LP_PICTURE_JXL] = AV_CODEC_ID_JPEGXL,
        [LP_PICTURE_JP2] = AV_CODEC_ID_JPEG2000};
    if (kind == LP_PICTURE_PNM)
        return file[1] == '7' ? AV_CODEC_ID_PAM : AV_CODEC_ID_PPM;
    return ids[kind];
}

static lightpose_status check(const lp_input_sniffed *found, const char *path, const lp_input_limits *limits,
                              lightpose_error *error) {
    if (found->kind == LP_PICTURE_NONE)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE,
                       "%s: not a JPEG, PNG, WebP, HEIC, AVIF, JPEG XL, JPEG 2000, BMP, TIFF, GIF or PNM picture",
                       path);
    if (found->width > limits->max_side || found->height > limits->max_side)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "%s: %lldx%lld pixels; the limit is %d a side", path,
                       (long long)found->width, (long long)found->height, limits->max_side);
    if (found->width > 0 && found->height > limits->max_pixels / found->width)
        return lp_fail(error, LIGHTPOSE_ERROR_LIMIT, "%s: %lldx%lld pixels; the limit is %lld pixels", path,
                       (long long)found->width, (long long)found->height, (long long)limits->max_pixels);
    /* A JPEG or PNG may lack nothing but its end marker. */
    if (!found->whole && found->kind != LP_PICTURE_JPEG && found->kind != LP_PICTURE_PNG)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "%s: the %s file is cut short", path,
                       lp_input_picture_kind_name(found->kind));
    return LIGHTPOSE_OK;
}

static lightpose_status open_decoder(picture_reader *r, enum AVCodecID id, const lp_input_limits *limits,
                                     lightpose_error *error) {
    /* A new decoder for each picture: the PNG decoder of FFmpeg 5.1 gives wrong pixels if it is flushed and reused. */
    avcodec_free_context(&r->decoder);
    const AVCodec *const codec = avcodec_find_decoder(id);
    if (!codec)
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "this FFmpeg has no decoder for %s", avcodec_get_name(id));
    r->decoder = avcodec_alloc_context3(codec);
    if (!r->decoder)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a decoder");
    r->decoder->thread_count = 1;
    r->decoder->max_pixels = limits->max_pixels;
    r->decoder->err_recognition = AV_EF_CRCCHECK | AV_EF_EXPLODE;
    const int code = avcodec_open2(r->decoder, codec, NULL);
    if (code < 0) {
        char text[64];
        avcodec_free_context(&r->decoder);
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "the %s decoder: %s", codec->name,
                       lp_tool_av_text(code, text, sizeof text));
    }
    return LIGHTPOSE_OK;
}

/* The whole file is one packet. */
static int decode(picture_reader *r) {
    r->packet->data = r->file;
    r->packet->size = (int)r->file_size;
    av_frame_unref(r->frame);
    int code = avcodec_send_packet(r->decoder, r->packet);
    if (code >= 0)
        code = avcodec_receive_frame(r->decoder, r->frame);
    if (code == AVERROR(EAGAIN)) {
        code = avcodec_send_packet(r->decoder, NULL);
        if (code >= 0)
            code = avcodec_receive_frame(r->decoder, r->frame);
    }
    r->packet->data = NULL;
    r->packet->size = 0;
    if (code >= 0 && (r->frame->decode_error_flags || r->frame->flags & AV_FRAME_FLAG_CORRUPT))
        code = AVERROR_INVALIDDATA;
    return code;
}

/* Decodes a kind that FFmpeg reads. Damage outside the pixels is noted and does not fail. */
static lightpose_status decode_by_ffmpeg(picture_reader *r, const lp_input_sniffed *found,
                                         const lp_input_limits *limits, char *note, lightpose_error *error) {
    const enum AVCodecID id = codec_of(found->kind, r->file);
    const size_t before = r->file_size;
    const int animated_webp = found->kind == LP_PICTURE_WEBP && found->animated;
    int code = -1;
    lightpose_status status = animated_webp ? LIGHTPOSE_OK : open_decoder(r, id, limits, error);
    if (status == LIGHTPOSE_OK && !animated_webp)
        code = decode(r);
    if (status == LIGHTPOSE_OK && code < 0) {
        r->file_size = lp_salvage(found->kind, r->file, r->file_size);
        memset(r->file + r->file_size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
        if (r->file_size != before)
            status = open_decoder(r, id, limits, error);
        if (r->file_size != before && status == LIGHTPOSE_OK && (code = decode(r)) >= 0 && !animated_webp)
            snprintf(note, LP_INPUT_NOTE, "metadata of the %s file is damaged (EXIF, colour profile)",
                     lp_input_picture_kind_name(found->kind));
    }
    char text[64];
    if (status != LIGHTPOSE_OK)
        return status;
    if (code < 0 && !found->whole)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "the %s file is cut short",
                       lp_input_picture_kind_name(found->kind));
    if (code < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "the %s file is damaged (%s)",
                       lp_input_picture_kind_name(found->kind), lp_tool_av_text(code, text, sizeof text));
    if (animated_webp && (r->frame->width != found->width || r->frame->height != found->height))
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED,
                       "the first frame of this WebP animation covers only a part of the picture: not supported");
    if (!found->whole)
        snprintf(note, LP_INPUT_NOTE, "the %s file lacks its end marker", lp_input_picture_kind_name(found->kind));
    return LIGHTPOSE_OK;
}

static lightpose_status decode_by_kind(picture_reader *r, lp_input_sniffed *found, const lp_input_limits *limits,
                                       char *note, lightpose_error *error) {
    int pages = 1;
    lightpose_status status;
    av_frame_unref(r->frame);
    switch (found->kind) {
    case LP_PICTURE_TIFF:
        status = lp_tiff_decode(r->file, r->file_size, limits->max_side, limits->max_pixels, r->frame, &pages, error);
        if (pages > 1)
            snprintf(note, LP_INPUT_NOTE, "%d pages; the first is read", pages);
        return status;
    case LP_PICTURE_HEIF:
        return lp_heif_decode(r->file, r->file_size, limits->max_side, limits->max_pixels, r->frame, error);
    default:
        status = decode_by_ffmpeg(r, found, limits, note, error);
        if (found->animated)
            snprintf(note, LP_INPUT_NOTE, "an animation; its first frame is read");
        else if (lp_input_sniff_next(found, r->file, r->file_size))
            snprintf(note, LP_INPUT_NOTE,
                     "it holds several %s pictures; the first is read (all of them under a name like clip.mjpeg)",
                     lp_input_picture_kind_name(found->kind));
        return status;
    }
}

/* Decodes the file that `r` holds. */
static lightpose_status read_picture(picture_reader *r, const char *name, const lp_input_limits *limits,
                                     lp_input_orient turn, lp_input_picture *picture, lightpose_error *error) {
    lightpose_error detail = {0};
    lp_input_sniffed found;
    lp_input_sniff(&found, r->file, r->file_size);
    lightpose_status status = check(&found, name, limits, error);
    if (status != LIGHTPOSE_OK)
        return status;
    status = decode_by_kind(r, &found, limits, picture->note, &detail);
    if (status != LIGHTPOSE_OK)
        return lp_fail(error, status, "%s: %s", name, detail.text);
    /* r->frame holds the pixels until the next picture is read. */
    const lp_input_orient orient = lp_input_orient_then(lp_input_orient_exif(found.orientation), turn);
    lightpose_image image;
    status = lp_input_convert(&r->converter, r->frame, orient, 0, &image, &detail);
    if (status != LIGHTPOSE_OK)
        return lp_fail(error, status, "%s: %s", name, detail.text);
    picture->image = image;
    return LIGHTPOSE_OK;
}

static picture_reader *ready(lp_input_picture *picture, const char *name, lightpose_error *error) {
    picture->image = (lightpose_image){0};
    *picture->note = 0;
    if (!picture->reader)
        picture->reader = reader_create();
    if (!picture->reader)
        (void)lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory", name);
    return picture->reader;
}

static lp_input_limits limits_of(const lp_input_limits *limits) {
    lp_input_limits bounds = limits ? *limits : (lp_input_limits){0};
    if (!bounds.max_side)
        bounds.max_side = 32768;
    if (!bounds.max_pixels)
        bounds.max_pixels = (int64_t)1 << 28;
    return bounds;
}

lightpose_status lp_input_picture_read(lp_input_picture *picture, const char *path, const lp_input_limits *limits,
                                       lightpose_error *error) {
    return lp_input_picture_read_turned(picture, path, limits, (lp_input_orient){0}, error);
}

lightpose_status lp_input_picture_read_turned(lp_input_picture *picture, const char *path,
                                              const lp_input_limits *limits, lp_input_orient turn,
                                              lightpose_error *error) {
    const lp_input_limits bounds = limits_of(limits);
    picture_reader *const r = ready(picture, path, error);
    if (!r)
        return LIGHTPOSE_ERROR_MEMORY;
    const lightpose_status status = read_file(r, path, error);
    return status == LIGHTPOSE_OK ? read_picture(r, path, &bounds, turn, picture, error) : status;
}

lightpose_status lp_input_picture_read_memory(lp_input_picture *picture, const char *name, const uint8_t *data,
                                              size_t size, const lp_input_limits *limits, lp_input_orient turn,
                                              lightpose_error *error) {
    const lp_input_limits bounds = limits_of(limits);
    picture_reader *const r = ready(picture, name, error);
    if (!r)
        return LIGHTPOSE_ERROR_MEMORY;
    if (!reserve(r, size + AV_INPUT_BUFFER_PADDING_SIZE))
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory for %zu bytes", name, size);
    memcpy(r->file, data, size);
    memset(r->file + size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    r->file_size = size;
    return read_picture(r, name, &bounds, turn, picture, error);
}

/* Maps a file, so that only the parts in use are read; NULL if that fails. */
static const uint8_t *map(const char *path, size_t *size) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    const uint8_t *data = MAP_FAILED;
    if (file >= 0 && fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0) {
        *size = (size_t)about.st_size;
        data = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, file, 0);
    }
    if (file >= 0)
        close(file);
    return data == MAP_FAILED ? NULL : data;
}

int lp_input_is_picture(const char *path, int *animated) {
    enum { ENOUGH = 1 << 16 };
    uint8_t *const head = malloc(ENOUGH);
    const int file = head ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    const ssize_t size = file >= 0 ? read(file, head, ENOUGH) : -1;
    const int reason = errno;
    lp_input_sniffed found = {0};
    if (size > 0)
        lp_input_sniff(&found, head, (size_t)size);
    if (file >= 0)
        close(file);
    free(head);
    /* The second picture of a GIF may begin after ENOUGH bytes. */
    size_t whole;
    const uint8_t *const data = animated && found.kind == LP_PICTURE_GIF ? map(path, &whole) : NULL;
    if (data) {
        lp_input_sniff(&found, data, whole);
        munmap((void *)data, whole);
    }
    if (animated) /* FFmpeg cannot read WebP animations */
        *animated = found.animated && found.kind != LP_PICTURE_WEBP;
    errno = reason;
    return size < 0 ? -1 : found.kind != LP_PICTURE_NONE;
}

int lp_input_is_stream(const char *path) {
    size_t size;
    const uint8_t *const data = map(path, &size);
    if (!data)
        return 0;
    lp_input_sniffed found;
    lp_input_sniff(&found, data, size);
    const int stream = lp_input_sniff_next(&found, data, size);
    munmap((void *)data, size);
    return stream;
}
