/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Frames, one after the other, from any source: numbered by decoding, with their times, upright, and with an account
 * of those that could not be decoded. */

#ifndef LP_TOOLS_INPUT_INPUT_H
#define LP_TOOLS_INPUT_INPUT_H

#include "input/image.h"
#include "input/orient.h"
#include "input/range.h"
#include "input/source.h"
#include "input/wait.h"

struct AVFrame;

typedef enum lp_input_state {
    LP_INPUT_OK = 0,
    LP_INPUT_UNDECODABLE = 1 /* the file has such a frame, damaged; `reason` says how */
} lp_input_state;

/* Zero it before the first use. Its pixels belong to it until it is released, whatever becomes of the input. */
typedef struct lp_input_frame {
    int64_t index; /* 0-based in the source, undecodable ones counted; for pictures the position in the list */
    double time;   /* presentation time in seconds as the source has it; NAN where it has none */
    lp_input_state state;
    char reason[160]; /* of a frame that is undecodable or damaged */
    int damaged;      /* a frame that may show damage: of damaged data, concealed by the decoder (with keep_damaged), or
                         since a damaged one and no key frame */
    double jump;      /* seconds by which the source's clock leapt before this frame; 0: it did not. Back, or far ahead
                         where the container allows of that: `time` goes on as if it had not; else a gap in `time` */
    double utc;       /* of live sources: when the frame arrived, in seconds since 1970 UTC; else NAN */
    double arrived;   /* the same in seconds of the monotonic clock */
    int reconnected;  /* the first frame since a live source was lost and found again */
    const char *path; /* of a still picture, which whoever takes the frame reads (image.h); else NULL */
    uint8_t *bytes;   /* its file, where it came by a pipe or from an address, and that is what `path` names */
    size_t size;      /* of the bytes */
    lightpose_image image; /* else the picture, where `state` is LP_INPUT_OK */
    struct AVFrame *owner;
} lp_input_frame;

void lp_input_frame_release(lp_input_frame *frame);

typedef struct lp_input_options {
    lp_input_orient turn; /* after what the file itself says of its orientation */
    lp_input_range range;
    int64_t step; /* of the range each step-th frame, from its first on; at least 1 */
    double fps;   /* frames of the range so many times a second, by their times (pace.h); 0: all */
    int threads;  /* of the decoder; at least 1 */
    int video;    /* which of a file's videos, from 0, as FFmpeg counts them (v:N); -1: the one that it finds best */

    /* Standard input, pipes and files. Without raw_format they are containers, Y4M among them. */
    const char *raw_format; /* FFmpeg's name: "bgr24", "nv12", "yuv420p" */
    int raw_width, raw_height;

    /* Cameras and raw frames. */
    const char *rate; /* frames a second, "30" or "30000/1001"; NULL: the camera's own; raw frames have no times */
    const char *size; /* "1280x720" of a camera; NULL: its own */

    int keep_damaged; /* 1: damaged frames that the decoder could conceal are good, and marked */
    int reconnect;    /* seconds to try for when a live source cannot be had or is lost; 0: never; INT_MAX: for ever */
    void (*tell)(
        void *opaque,
        const char *text); /* losses, reconnections and ranges that go beyond the end, from any thread; or NULL */
    void *opaque;
    lp_input_wait wait;
} lp_input_options;

void lp_input_options_default(lp_input_options *options);

/* What is known of the whole. */
typedef struct lp_input_about {
    int width, height;                /* upright; 0: known with the first frame only */
    double fps;                       /* 0 where unknown */
    int rate_num, rate_den;           /* the same; 0, 0 where unknown */
    int time_base_num, time_base_den; /* seconds a tick of the container's clock; 0, 0 where unknown */
    int64_t frames; /* how many will come, as far as can be told; -1 where it cannot; for progress alone */
    int live;
    int still; /* one picture, whatever the source seemed to be */
} lp_input_about;

typedef struct lp_input lp_input;

/* `source` and what the options point at must outlive the input. Errors name the source: FILE, IMAGE (no video in it),
 * UNSUPPORTED (no decoder), ARGUMENT (a range beyond the end, or of times in what has none), MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_input_open(lp_input **input, const lp_source *source,
                                                   const lp_input_options *options, lightpose_error *error);
void lp_input_close(lp_input **input);

void lp_input_get_about(const lp_input *input, lp_input_about *about);

/* The next frame of the range in *frame, which is released before: 1. 0: the end, or told to stop. -1: the source could
 * not be read on; frames up to here are good. */
int lp_input_next(lp_input *input, lp_input_frame *frame, lightpose_error *error);

/* Times a live source was lost and found again. */
int lp_input_reconnects(const lp_input *input);

/* Frames that options.fps had no use for and that were not decoded. */
int64_t lp_input_passed(const lp_input *input);

#endif
