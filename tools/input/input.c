/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/input.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include <libavutil/frame.h>

#include "fail.h"
#include "input/video.h"

struct lp_input {
    const lp_source *source;
    lp_input_options options;
    lp_video *video; /* NULL for pictures, and while a live source is lost */
    lp_clock clock;
    int64_t next; /* of pictures: the position; of a live source: the number of its next frame */
    lp_input_about about;
    int reconnects;
};

void lp_input_frame_release(lp_input_frame *frame) {
    av_frame_free(&frame->owner);
    *frame = (lp_input_frame){.time = NAN, .utc = NAN};
}

void lp_input_options_default(lp_input_options *options) {
    *options = (lp_input_options){.last = -1, .step = 1, .threads = 1, .reconnect = 30};
}

lightpose_status lp_input_open(lp_input **input, const lp_source *source, const lp_input_options *options,
                               lightpose_error *error) {
    *input = NULL;
    lp_input *in = calloc(1, sizeof *in);
    if (!in)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no memory", source->text);
    in->source = source;
    in->options = *options;
    lp_clock_start(&in->clock);
    lightpose_status status = LIGHTPOSE_OK;
    if (source->kind == LP_SOURCE_PICTURES) {
        const int64_t last = options->last >= 0 && options->last < source->count ? options->last : source->count - 1;
        in->next = options->first;
        in->about.frames = last < options->first ? 0 : (last - options->first) / options->step + 1;
        if (options->first >= source->count)
            status = lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: there is no picture %lld; the last is %d",
                                  source->text, (long long)options->first, source->count - 1);
    } else {
        status = lp_video_open(&in->video, source, options, &in->clock, 0, error);
        if (status == LIGHTPOSE_OK)
            lp_video_get_about(in->video, &in->about);
    }
    if (status == LIGHTPOSE_OK)
        *input = in;
    else
        lp_input_close(&in);
    return status;
}

void lp_input_close(lp_input **input) {
    if (!*input)
        return;
    lp_video_close(&(*input)->video);
    free(*input);
    *input = NULL;
}

void lp_input_get_about(const lp_input *input, lp_input_about *about) {
    *about = input->about;
}

int lp_input_reconnects(const lp_input *input) {
    return input->reconnects;
}

static int is_stopped(const lp_input *in) {
    return in->options.stop && atomic_load_explicit(in->options.stop, memory_order_relaxed);
}

static int next_picture(lp_input *in, lp_input_frame *frame) {
    lp_input_frame_release(frame);
    const int64_t last = in->options.last >= 0 ? in->options.last : INT64_MAX;
    if (in->next >= in->source->count || in->next > last || is_stopped(in))
        return 0;
    frame->index = in->next;
    frame->path = in->source->pictures[in->next];
    /* A step beyond the list must not overflow. */
    in->next = in->options.step > in->source->count ? in->source->count : in->next + in->options.step;
    return 1;
}

/* ---- Live sources come back -------------------------------------------------------------------------------------- */

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(int ms) {
    const struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

/* Opens the source again and again, at growing intervals, for as long as the options say. */
static int reconnect(lp_input *in) {
    const int64_t until = now_ms() + (int64_t)in->options.reconnect * 1000;
    lp_video_close(&in->video);
    for (int pause = 100; !is_stopped(in); pause = pause < 2000 ? 2 * pause : 2000) {
        lightpose_error ignored = {0};
        if (lp_video_open(&in->video, in->source, &in->options, &in->clock, in->next, &ignored) == LIGHTPOSE_OK) {
            in->reconnects++;
            return 1;
        }
        if (now_ms() + pause > until)
            return 0;
        for (int slept = 0; slept < pause && !is_stopped(in); slept += 50)
            sleep_ms(50);
    }
    return 0;
}

int lp_input_next(lp_input *in, lp_input_frame *frame, lightpose_error *error) {
    if (in->source->kind == LP_SOURCE_PICTURES)
        return next_picture(in, frame);
    lightpose_error detail = {0};
    for (;;) {
        const int got = in->video ? lp_video_next(in->video, frame, &detail) : 0;
        if (got > 0) {
            in->next = frame->index + 1;
            return 1;
        }
        if (!in->about.live || is_stopped(in) || !in->options.reconnect || !reconnect(in)) {
            if (got < 0)
                lp_tool_fail(error, detail.status, "%s", detail.text);
            return is_stopped(in) ? 0 : got;
        }
        detail = (lightpose_error){0};
    }
}
