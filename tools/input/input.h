/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Reads the frames of any source in order: numbered, with their times, upright. Frames that cannot be decoded are
 * reported in their place. */

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
    LP_INPUT_UNDECODABLE = 1 /* the source has this frame, but it cannot be decoded: see `reason` */
} lp_input_state;

/* Zero it before the first use. It owns its pixels until it is released, even after the input is closed. */
typedef struct lp_input_frame {
    int64_t index; /* from 0 in the source, including undecodable frames; for pictures the position in the list */
    double time;   /* presentation time in seconds, by the source's clock; NAN: none */
    lp_input_state state;
    char reason[160]; /* of a frame that is undecodable or damaged */
    int damaged;     /* 1: may show damage: its data are damaged, and the decoder concealed that (with keep_damaged), or
                        there was no key frame since a damaged frame */
    double jump;     /* seconds by which the source's clock leapt before this frame, or 0. After a leap back, or far
                        ahead if the container allows that, `time` continues as if there was none; else it has a gap */
    double utc;      /* of live sources: when the frame arrived, in seconds since 1970 UTC; else NAN */
    double arrived;  /* the same in seconds of the monotonic clock */
    int reconnected; /* 1: the first frame since a live source was reconnected */
    const char *path; /* of a still picture, which the caller reads (image.h); else NULL */
    uint8_t *bytes;   /* the contents of its file, if it came from the pipe or address that `path` names; else NULL */
    size_t size;      /* of the bytes */
    lightpose_image image; /* the picture, if `path` is NULL and `state` is LP_INPUT_OK */
    struct AVFrame *owner;
} lp_input_frame;

void lp_input_frame_release(lp_input_frame *frame);

typedef struct lp_input_options {
    lp_input_orient turn; /* applied after the file's own orientation */
    lp_input_range range;
    int64_t step; /* take every step-th frame of the range, from its first on; at least 1 */
    double fps;   /* take this many frames of the range per second, by their times (pace.h); 0: all */
    int threads;  /* of the decoder; at least 1 */
    int video;    /* which of a file's videos, from 0, as FFmpeg counts them (v:N); -1: FFmpeg's choice */

    /* Standard input, pipes and files. Without raw_format they are containers, Y4M among them. */
    const char *raw_format; /* FFmpeg's name: "bgr24", "nv12", "yuv420p" */
    int raw_width, raw_height;

    /* Cameras and raw frames. */
    const char *rate; /* frames per second, "30" or "30000/1001"; NULL: the camera's own, 25 for raw frames */
    const char *size; /* "1280x720" of a camera; NULL: its own */

    int keep_damaged; /* 1: frames whose damage the decoder concealed are LP_INPUT_OK, and marked as damaged */
    int reconnect;    /* seconds to retry if a live source cannot be opened or is lost; 0: never; INT_MAX: forever */
    void (*tell)(
        void *opaque,
        const char *text); /* reports losses, reconnections and ranges beyond the end, from any thread; may be NULL */
    void *opaque;
    lp_input_wait wait;
} lp_input_options;

void lp_input_options_default(lp_input_options *options);

/* What is known of a source. */
typedef struct lp_input_about {
    int width, height;                /* upright; 0: unknown before the first frame */
    double fps;                       /* 0: unknown */
    int rate_num, rate_den;           /* fps as a fraction; 0, 0: unknown */
    int time_base_num, time_base_den; /* seconds per tick of the container's clock; 0, 0: unknown */
    int64_t frames;                   /* an estimate of the number of frames, only for progress; -1: unknown */
    int live;
    int still; /* 1: the source has turned out to be a single picture */
} lp_input_about;

typedef struct lp_input lp_input;

/* `source` and what the options point at must outlive the input. Errors name the source: FILE, IMAGE (no video in it),
 * UNSUPPORTED (no decoder), ARGUMENT (a range beyond the end, or of times in pictures), MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_input_open(lp_input **input, const lp_source *source,
                                                   const lp_input_options *options, lightpose_error *error);
void lp_input_close(lp_input **input);

void lp_input_get_about(const lp_input *input, lp_input_about *about);

/* Releases *frame and reads the next frame of the range into it. Returns 1; 0 at the end or if stopped; -1 if the
 * source cannot be read any further, while the frames up to here are good. */
int lp_input_next(lp_input *input, lp_input_frame *frame, lightpose_error *error);

/* How often a live source was reconnected. */
int lp_input_reconnects(const lp_input *input);

/* The number of frames that were skipped without decoding because of options.fps. */
int64_t lp_input_passed(const lp_input *input);

#endif
