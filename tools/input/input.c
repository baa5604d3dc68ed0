/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/input.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libavutil/error.h>
#include <libavutil/frame.h>

#include "fail.h"
#include "input/address.h"
#include "input/bytes.h"
#include "input/pace.h"
#include "input/video.h"

struct lp_input {
    const lp_source *source;
    lp_input_options options;
    lp_video *video;      /* NULL for pictures, and while a live source is lost */
    lp_bytes *bytes;      /* of a source that is remote or can be read only once */
    const uint8_t *still; /* the file, if the source is a single picture */
    size_t still_size;
    lp_clock clock;
    lp_pace pace;
    int64_t next; /* for pictures, the position; for a live source, the number of its next frame */
    lp_input_about about;
    int reconnects;
    int is_new; /* the next frame is the first since the source was reconnected */
};

void lp_input_frame_release(lp_input_frame *frame) {
    av_frame_free(&frame->owner);
    free(frame->bytes);
    *frame = (lp_input_frame){.time = NAN, .utc = NAN, .arrived = NAN};
}

void lp_input_options_default(lp_input_options *options) {
    *options = (lp_input_options){.range = lp_input_range_all, .step = 1, .threads = 1, .video = -1, .reconnect = 30};
}

static int is_stopped(const lp_input *in) {
    return lp_input_is_stopped(&in->options.wait);
}

static void tell(const lp_input *in, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (in->options.tell)
        in->options.tell(in->options.opaque, text);
}

/* Fails for a range of times, which pictures do not have. */
static lightpose_status want_numbers(const lp_input *in, lightpose_error *error) {
    const lp_input_range *const range = &in->options.range;
    if (range->from < 0 && range->to < 0)
        return LIGHTPOSE_OK;
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: pictures have no times; give their range as numbers from 0",
                   in->source->text);
}

static lightpose_status open_pictures(lp_input *in, lightpose_error *error) {
    if (want_numbers(in, error) != LIGHTPOSE_OK)
        return error->status;
    const lp_input_options *const o = &in->options;
    const lp_input_range *const range = &o->range;
    const int64_t count = in->source->count, last = range->last >= 0 && range->last < count ? range->last : count - 1;
    in->next = range->first;
    in->about.frames = last < range->first ? 0 : (last - range->first) / o->step + 1;
    if (range->first >= count)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: there is no picture %lld; the last is %d",
                       in->source->text, (long long)range->first, in->source->count - 1);
    if (range->last - (count - 1) >= o->step)
        tell(in, "%s: there is no picture %lld; the last is %lld", in->source->text, (long long)range->last,
             (long long)count - 1);
    return LIGHTPOSE_OK;
}

/* Whether the source is read through lp_bytes: it can be read only once, or it is a remote file. */
static int comes_by_bytes(const lp_source *source) {
    return source->once || (source->kind == LP_SOURCE_VIDEO && lp_address_is_http(source->url) && source->address);
}

static lightpose_status open_video(lp_input *in, lightpose_error *error) {
    const lp_source *const source = in->source;
    lightpose_status status = LIGHTPOSE_OK;
    if (comes_by_bytes(source) && !in->bytes)
        status = lp_bytes_open(&in->bytes, source, in->options.wait, error);
    if (status == LIGHTPOSE_OK && in->bytes && !source->live && !in->options.raw_format &&
        lp_bytes_is_picture(in->bytes, &in->still, &in->still_size)) {
        const int failure = lp_bytes_failure(in->bytes);
        char text[64];
        if (failure && failure != AVERROR_EXIT)
            return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", source->text,
                           lp_tool_av_text(failure, text, sizeof text));
        in->about = (lp_input_about){.frames = 1, .still = 1};
        return want_numbers(in, error);
    }
    if (status == LIGHTPOSE_OK)
        status = lp_video_open(&in->video, source, &in->options, in->bytes, &in->clock, &in->pace, in->next, error);
    if (status == LIGHTPOSE_OK)
        lp_video_get_about(in->video, &in->about);
    else
        lp_bytes_close(&in->bytes);
    return status;
}

static void close_video(lp_input *in) {
    lp_video_close(&in->video);
    lp_bytes_close(&in->bytes);
}

void lp_input_close(lp_input **input) {
    if (!*input)
        return;
    close_video(*input);
    free(*input);
    *input = NULL;
}

void lp_input_get_about(const lp_input *input, lp_input_about *about) {
    *about = input->about;
}

int lp_input_reconnects(const lp_input *input) {
    return input->reconnects;
}

int64_t lp_input_passed(const lp_input *input) {
    return input->pace.passed;
}

static int next_picture(lp_input *in, lp_input_frame *frame) {
    lp_input_frame_release(frame);
    const int64_t last = in->options.range.last >= 0 ? in->options.range.last : INT64_MAX;
    if (in->next >= in->source->count || in->next > last || is_stopped(in))
        return 0;
    frame->index = in->next;
    frame->path = in->source->pictures[in->next];
    /* A step beyond the list must not overflow. */
    in->next = in->options.step > in->source->count ? in->source->count : in->next + in->options.step;
    return 1;
}

/* ---- Reconnecting ------------------------------------------------------------------------------------------------ */

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(int ms) {
    const struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

/* Errors that remain after a retry. */
static int is_final(const lightpose_error *error) {
    return error->status == LIGHTPOSE_ERROR_UNSUPPORTED || error->status == LIGHTPOSE_ERROR_ARGUMENT ||
           error->status == LIGHTPOSE_ERROR_MEMORY;
}

/* Keeps trying to open the source, at growing intervals, for as long as the options say. */
static lightpose_status try_again(lp_input *in, lightpose_error *error) {
    const int for_ever = in->options.reconnect == INT_MAX;
    const int64_t until = for_ever ? INT64_MAX : now_ms() + (int64_t)in->options.reconnect * 1000;
    for (int pause = 100; !is_stopped(in); pause = pause < 2000 ? 2 * pause : 2000) {
        lightpose_error detail = {0};
        const lightpose_status status = open_video(in, &detail);
        if (status == LIGHTPOSE_OK)
            return status;
        if (is_final(&detail) || now_ms() > until - pause)
            return lp_fail(error, status, "%s", detail.text);
        for (int slept = 0; slept < pause && !is_stopped(in); slept += 50)
            sleep_ms(50);
    }
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: stopped before it could be opened", in->source->text);
}

static const char *how_long(const lp_input *in, char text[32]) {
    if (in->options.reconnect == INT_MAX)
        return "for ever";
    snprintf(text, 32, "for %d s", in->options.reconnect);
    return text;
}

/* Reopens a source that is lost; its frame numbers continue. A pipe that has ended is not reopened. */
static int reconnect(lp_input *in, const char *reason) {
    lightpose_error ignored = {0};
    char text[32];
    if (!in->options.reconnect || in->source->once)
        return 0;
    close_video(in);
    tell(in, "%s; looking for it %s", reason, how_long(in, text));
    const int64_t start = now_ms();
    if (try_again(in, &ignored) != LIGHTPOSE_OK)
        return 0;
    tell(in, "%s: found again after %.1f s", in->source->text, (double)(now_ms() - start) * 1e-3);
    in->reconnects++;
    in->is_new = 1;
    return 1;
}

static lightpose_status open_live(lp_input *in, lightpose_error *error) {
    lightpose_error detail = {0};
    char text[32];
    const lightpose_status status = open_video(in, &detail);
    if (status == LIGHTPOSE_OK || !in->options.reconnect || in->source->once || is_final(&detail) || is_stopped(in))
        return status == LIGHTPOSE_OK ? status : lp_fail(error, status, "%s", detail.text);
    tell(in, "%s; trying %s", detail.text, how_long(in, text));
    return try_again(in, error);
}

lightpose_status lp_input_open(lp_input **input, const lp_source *source, const lp_input_options *options,
                               lightpose_error *error) {
    *input = NULL;
    lp_input *in = calloc(1, sizeof *in);
    if (!in)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory", source->text);
    in->source = source;
    in->options = *options;
    lp_clock_start(&in->clock);
    lp_pace_start(&in->pace, options->fps);
    const lightpose_status status = source->kind == LP_SOURCE_PICTURES ? open_pictures(in, error)
                                    : lp_source_is_live(source)        ? open_live(in, error)
                                                                       : open_video(in, error);
    if (status == LIGHTPOSE_OK)
        *input = in;
    else
        lp_input_close(&in);
    return status;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static int next_still(lp_input *in, lp_input_frame *frame) {
    lp_input_frame_release(frame);
    if (in->next > 0 || in->options.range.first > 0 || is_stopped(in))
        return 0;
    frame->index = in->next++;
    frame->path = in->source->text;
    frame->size = in->still_size;
    frame->bytes = malloc(frame->size);
    if (frame->bytes) {
        memcpy(frame->bytes, in->still, frame->size);
    } else {
        frame->state = LP_INPUT_UNDECODABLE;
        snprintf(frame->reason, sizeof frame->reason, "no memory for %zu bytes", frame->size);
    }
    return 1;
}

int lp_input_next(lp_input *in, lp_input_frame *frame, lightpose_error *error) {
    if (in->source->kind == LP_SOURCE_PICTURES)
        return next_picture(in, frame);
    if (in->still)
        return next_still(in, frame);
    for (;;) {
        lightpose_error detail = {0};
        const int got = in->video ? lp_video_next(in->video, frame, &detail) : 0;
        if (got > 0) {
            frame->reconnected = in->is_new;
            in->is_new = 0;
            in->next = frame->index + 1;
            return 1;
        }
        if (got == 0 || !in->about.live || is_stopped(in))
            return got < 0 && !is_stopped(in) ? (lp_fail(error, detail.status, "%s", detail.text), -1) : 0;
        in->next = lp_video_number(in->video);
        if (!reconnect(in, detail.text)) {
            lp_fail(error, detail.status, "%s", detail.text);
            return -1;
        }
    }
}
