/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The numbers of a video's frames: which frame is it that the decoder returned, and which did it lose?
 *
 * Every packet of the video is one frame, shown in the order of its time stamps. A decoder returns frames in that
 * order, so when it returns the frame of time t, packets of earlier times that have not come back will not come: those
 * frames are undecodable, and keep their numbers. So frame n is the n-th time stamp of the file, however the file is
 * entered and whatever is damaged.
 *
 * Not counted, because no player shows them either: packets before the first key frame; pictures that follow the first
 * key frame in the file and precede it in time (they need a picture that the file does not hold); packets that the
 * container marks as cut away (edit lists); pictures coded to be referred to and not shown (VP8).
 *
 * Some sources have no such time stamps (AVI keeps none, raw streams neither; fields may come in packets of their own):
 * there, frames are counted as they are returned, and a decoder's errors as one frame each. */

#ifndef LP_TOOLS_INPUT_TIMELINE_H
#define LP_TOOLS_INPUT_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include <libavcodec/packet.h>
#include <libavcodec/codec_par.h>

/* A decoder that reorders frames and works in threads holds back this many at most. */
enum { LP_TIMELINE_PENDING = 256 };

typedef struct lp_timeline {
    int by_time;                          /* 1: as said; 0: counted */
    int started;                          /* the first key frame has been seen */
    int64_t start;                        /* its time */
    int64_t next;                         /* the number of the next frame */
    int64_t latest;                       /* time of the last frame that came or was lost */
    int64_t pending[LP_TIMELINE_PENDING]; /* times of packets whose frames are due, ascending */
    int count;
    int lost; /* counted frames due to be reported as lost */
} lp_timeline;

/* `index` is the number that the next frame gets. */
void lp_timeline_start(lp_timeline *timeline, int by_time, int64_t index);

/* Whether a packet is one of the frames that count; also moves `started` on. */
int lp_timeline_counts(lp_timeline *timeline, const AVCodecParameters *codec, const AVPacket *packet);

/* A packet that counts goes to the decoder. */
void lp_timeline_sent(lp_timeline *timeline, const AVPacket *packet);

/* The decoder refused a packet. */
void lp_timeline_failed(lp_timeline *timeline);

/* Takes the next lost frame that precedes the time `before` (INT64_MAX: the end): returns 1 with its number and time
 * (AV_NOPTS_VALUE where unknown), else 0. Call it until it returns 0 before numbering a frame. */
int lp_timeline_lost(lp_timeline *timeline, int64_t before, int64_t *index, int64_t *time);

/* The number of the frame of this time, which the decoder has returned. */
int64_t lp_timeline_came(lp_timeline *timeline, int64_t time);

#endif
