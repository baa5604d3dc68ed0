/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include "fail.h"
#include "input/address.h"
#include "input/sniff.h"

enum { CHUNK = 1 << 16, IO_BYTES = 1 << 15, POLL_MS = 100 };

/* As for files of pictures (image.c). */
#define MAX_HEAD ((size_t)1 << 30)

struct lp_bytes {
    lp_input_wait wait;
    const char *url;
    int file;           /* of standard input and pipes; else -1 */
    AVIOContext *inner; /* of addresses */
    uint8_t *head;      /* the first bytes, kept for the demuxer, with FFmpeg's padding */
    size_t head_size, head_capacity;
    int64_t at;    /* where the demuxer reads */
    int64_t taken; /* position in the source */
    int failure;
    AVIOContext *io;
};

static int is_stopped(void *wait) {
    return lp_input_is_stopped(wait);
}

/* `wait` must outlive *io. */
static int open_address(AVIOContext **io, const char *url, lp_input_wait *wait) {
    const AVIOInterruptCB interrupt = {is_stopped, wait};
    AVDictionary *settings = NULL;
    av_dict_set(&settings, "timeout", LP_ADDRESS_PATIENCE, 0);
    const int code = avio_open2(io, url, AVIO_FLAG_READ, &interrupt, &settings);
    av_dict_free(&settings);
    return code;
}

lightpose_status lp_bytes_open(lp_bytes **bytes, const lp_source *source, lp_input_wait wait, lightpose_error *error) {
    lp_bytes *b = calloc(1, sizeof *b);
    *bytes = b;
    if (!b)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory", source->text);
    b->wait = wait;
    b->url = source->url;
    b->file = -1;
    int code = 0;
    if (source->kind == LP_SOURCE_STDIN)
        b->file = STDIN_FILENO;
    else if (source->address)
        code = open_address(&b->inner, source->url, &b->wait);
    else if ((b->file = open(source->url, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0) /* a pipe may have no writer yet */
        code = AVERROR(errno);
    if (code >= 0)
        return LIGHTPOSE_OK;
    char text[64];
    lp_bytes_close(bytes);
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", source->text, lp_tool_av_text(code, text, sizeof text));
}

void lp_bytes_close(lp_bytes **bytes) {
    lp_bytes *const b = *bytes;
    if (!b)
        return;
    if (b->io) {
        av_freep(&b->io->buffer);
        avio_context_free(&b->io);
    }
    avio_closep(&b->inner);
    if (b->file > STDIN_FILENO)
        close(b->file);
    free(b->head);
    free(b);
    *bytes = NULL;
}

int lp_bytes_failure(const lp_bytes *bytes) {
    return bytes->failure;
}

/* Reads the bytes that have arrived, at most `size`; waits for at least one. Returns their number or FFmpeg's error. */
static int take(lp_bytes *b, uint8_t *to, int size) {
    if (b->inner) {
        const int got = avio_read_partial(b->inner, to, size);
        return got == 0 ? AVERROR_EOF : got;
    }
    for (;;) {
        struct pollfd wait = {.fd = b->file, .events = POLLIN};
        if (lp_input_is_stopped(&b->wait))
            return AVERROR_EXIT;
        const int ready = poll(&wait, 1, POLL_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        const ssize_t got = ready < 0 ? -1 : read(b->file, to, (size_t)size);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        return got < 0 ? AVERROR(errno) : got == 0 ? AVERROR_EOF : (int)got;
    }
}

static int read_on(lp_bytes *b, uint8_t *to, int size) {
    const int got = take(b, to, size);
    if (got > 0)
        b->taken += got;
    else
        b->failure = got == AVERROR_EOF ? 0 : got;
    return got;
}

/* ---- Looking ahead ----------------------------------------------------------------------------------------------- */

/* Adds the bytes that have arrived to the head. Returns 1, or 0 at the end, at MAX_HEAD or if out of memory. */
static int look_on(lp_bytes *b) {
    if (b->head_size + CHUNK + AV_INPUT_BUFFER_PADDING_SIZE > b->head_capacity) {
        const size_t capacity = 2 * b->head_capacity + CHUNK + AV_INPUT_BUFFER_PADDING_SIZE;
        uint8_t *const grown = b->head_size < MAX_HEAD ? realloc(b->head, capacity) : NULL;
        if (!grown)
            return 0;
        b->head = grown;
        b->head_capacity = capacity;
    }
    const int got = read_on(b, b->head + b->head_size, CHUNK);
    if (got <= 0)
        return 0;
    b->head_size += (size_t)got;
    memset(b->head + b->head_size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    return 1;
}

/* A picture that is followed by another of its kind is the first of a stream. Other trailing bytes (a phone's motion
 * photo, padding) are ignored. */
int lp_bytes_is_picture(lp_bytes *b, const uint8_t **data, size_t *size) {
    lp_input_sniffed found = {0};
    int more = 1;
    while (b->head_size < 16 && more)
        more = look_on(b);
    for (;;) {
        lp_input_sniff(&found, b->head, b->head_size);
        if (found.kind == LP_PICTURE_NONE || (found.animated && found.kind != LP_PICTURE_WEBP))
            return 0;
        if (found.length && b->head_size >= found.length + LP_SNIFF_BEHIND)
            break;
        if (!more)
            break;
        more = look_on(b);
    }
    if (lp_input_sniff_next(&found, b->head, b->head_size))
        return 0;
    while (more)
        more = look_on(b);
    *data = b->head;
    *size = b->head_size;
    return 1;
}

int lp_bytes_begins_with_jpeg(const lp_bytes *bytes) {
    return bytes->head_size >= 3 && !memcmp(bytes->head, "\xff\xd8\xff", 3);
}

/* ---- For a demuxer ----------------------------------------------------------------------------------------------- */

/* Moves to where the demuxer reads. If the server does not serve ranges, requests everything again and drops the bytes
 * before that position. */
static int go_to(lp_bytes *b) {
    uint8_t dropped[4096];
    if (b->taken == b->at)
        return 0;
    if (b->inner->seekable & AVIO_SEEKABLE_NORMAL) {
        const int64_t code = avio_seek(b->inner, b->at, SEEK_SET);
        b->taken = b->at;
        return code < 0 ? (int)code : 0;
    }
    if (b->taken > b->at) {
        avio_closep(&b->inner);
        const int code = open_address(&b->inner, b->url, &b->wait);
        if (code < 0)
            return code;
        b->taken = 0;
    }
    while (b->taken < b->at) {
        const int64_t left = b->at - b->taken;
        const int got = read_on(b, dropped, left < (int64_t)sizeof dropped ? (int)left : (int)sizeof dropped);
        if (got <= 0)
            return got < 0 ? got : AVERROR_EOF;
    }
    return 0;
}

static int io_read(void *opaque, uint8_t *to, int size) {
    lp_bytes *const b = opaque;
    if (b->at < (int64_t)b->head_size) {
        const size_t left = b->head_size - (size_t)b->at, count = left < (size_t)size ? left : (size_t)size;
        memcpy(to, b->head + b->at, count);
        b->at += (int64_t)count;
        return (int)count;
    }
    const int code = b->inner ? go_to(b) : 0;
    const int got = code < 0 ? code : read_on(b, to, size);
    b->at += got > 0 ? got : 0;
    return got;
}

static int64_t io_seek(void *opaque, int64_t offset, int whence) {
    lp_bytes *const b = opaque;
    const int64_t size = b->inner ? avio_size(b->inner) : -1;
    if (size < 0)
        return AVERROR(EIO);
    if (whence & AVSEEK_SIZE)
        return size;
    whence &= ~AVSEEK_FORCE;
    b->at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? b->at + offset : size + offset;
    return b->at;
}

AVIOContext *lp_bytes_io(lp_bytes *b) {
    const int seekable = b->inner && avio_size(b->inner) > 0;
    uint8_t *const buffer = b->io ? NULL : av_malloc(IO_BYTES);
    if (!b->io && buffer)
        b->io = avio_alloc_context(buffer, IO_BYTES, 0, b, io_read, NULL, seekable ? io_seek : NULL);
    if (!b->io)
        av_free(buffer);
    return b->io;
}

int lp_bytes_is_endless(const char *url, const atomic_int *stop) {
    static const char *const streams[] = {"video/mp2t", "video/mpeg", "video/x-flv", "video/x-motion-jpeg", NULL};
    AVIOContext *io = NULL;
    lp_input_wait wait = {.stop = stop};
    if (open_address(&io, url, &wait) < 0)
        return 0; /* reading it will report the error */
    uint8_t *mime = NULL;
    av_opt_get(io, "mime_type", AV_OPT_SEARCH_CHILDREN, &mime);
    const char *const kind = mime ? (const char *)mime : "";
    int endless = !strncasecmp(kind, "multipart/", 10);
    if (!endless && avio_size(io) <= 0) {
        uint8_t head[1];
        for (int i = 0; streams[i]; i++)
            endless |= !strncasecmp(kind, streams[i], strlen(streams[i]));
        /* If the server does not name the type: MPEG-TS begins with this byte. */
        if (!endless && (!*kind || !strncasecmp(kind, "application/octet-stream", 24)))
            endless = avio_read_partial(io, head, 1) == 1 && head[0] == 0x47;
    }
    av_free(mime);
    avio_closep(&io);
    return endless;
}
