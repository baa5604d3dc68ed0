/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The numbers of a video's frames: which frame is it that the decoder returned, and which did it lose?
 *
 * Every packet of the video is one frame, but for second fields (fields.h), and frames are shown in the order of their
 * time stamps. Each packet that goes to the decoder carries a mark, which comes back with its frame. So when the frame
 * of time t has come, and packets of earlier times do not come within the next few frames, they are lost: those frames
 * are undecodable, and keep their numbers. Frame n is the n-th time stamp of the file, however the file is entered,
 * whatever is damaged, and however many threads decode.
 *
 * Where the clock of the source leaps back, time stamps order the frames of each stretch alone; the stretches follow
 * one another as they stand in the file.
 *
 * Not counted, because no player shows them either: packets before the first key frame; pictures that follow the first
 * key frame in the file and precede it in time (they need a picture that the file does not hold); packets that the
 * container marks as cut away (edit lists); pictures coded to be referred to and not shown (VP8); packets without data
 * (the frame before stays on the screen).
 *
 * Some sources have no such time stamps (AVI keeps none, raw streams neither), or wrong ones, which shows when frames
 * come in another order: there, frames are counted as they are returned, and a decoder's errors as one frame each. */

#ifndef LP_TOOLS_INPUT_TIMELINE_H
#define LP_TOOLS_INPUT_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>
#include <libavutil/rational.h>

#include "input/fields.h"

/* A decoder that reorders frames and works in threads holds back fewer packets than the first. Frames of H.264 and
 * H.265 are shown at most 16 frames later than they are decoded: a frame that has not come after as many others is
 * lost. */
enum { LP_TIMELINE_PENDING = 256, LP_TIMELINE_HELD = 17 };

/* A packet, or the frame that came of it. */
typedef struct lp_timeline_entry {
    int64_t mark; /* 0: none of the packets that count */
    int64_t time; /* its time stamp; of a frame without packet the decoder's; may be AV_NOPTS_VALUE */
    int stretch;  /* of the clock, from 0 */
    int passed;   /* nobody wants it: it was not decoded, and is told as soon as it is its turn */
} lp_timeline_entry;

typedef struct lp_timeline {
    AVRational base;        /* of time stamps */
    int own_decoding_times; /* the container's decoding times are its own, not guessed by FFmpeg */
    int by_time;            /* 1: as said; 0: counted */
    int started;            /* the first key frame has been seen */
    int64_t start;          /* its time */
    int64_t next;           /* the number of the next frame */
    int64_t mark;           /* of the last packet */
    int stretch;            /* of the last packet */
    int reorders;           /* packets are not shown in the order in which they are decoded */
    int64_t decoded;        /* decoding time of the last packet */
    lp_fields fields;
    lp_timeline_entry shown;                        /* the last frame told */
    lp_timeline_entry pending[LP_TIMELINE_PENDING]; /* packets whose frames are due, in the order of display */
    int pending_count;
    lp_timeline_entry came[LP_TIMELINE_HELD]; /* frames that came and are not told yet, in the order they came in */
    int came_count;
    int lost; /* counted frames due to be reported as lost */
} lp_timeline;

/* `index` is the number that the next frame gets. `own_decoding_times`: see above. */
void lp_timeline_start(lp_timeline *timeline, int by_time, int64_t index, const AVCodecParameters *codec,
                       AVRational base, int own_decoding_times);

/* Takes the next packet: 1 where it is one of the frames that count. It has the mark timeline->mark in any case. */
int lp_timeline_counts(lp_timeline *timeline, const AVCodecParameters *codec, const AVPacket *packet);

/* A packet that counts goes to the decoder. */
void lp_timeline_sent(lp_timeline *timeline, const AVPacket *packet);

/* The packet that counts, of this time, does not go to the decoder. Where times order the frames, lp_timeline_sent was
 * called before; else it must be its turn, and it counts as one that came, without a picture. */
void lp_timeline_passed(lp_timeline *timeline, int64_t time);

/* The decoder refused a packet. */
void lp_timeline_failed(lp_timeline *timeline);

/* The decoder returned a frame, of the packet with this mark; `time` is what the decoder says. At most LP_TIMELINE_HELD
 * may be untold at a time. */
void lp_timeline_came(lp_timeline *timeline, int64_t mark, int64_t time);

typedef enum lp_timeline_event {
    LP_TIMELINE_WAIT, /* nothing can be told before the decoder has gone on */
    LP_TIMELINE_LOST, /* a frame that will not come */
    LP_TIMELINE_FRAME /* the earliest of the frames that came */
} lp_timeline_event;

/* What comes next in the order of display, with its number. `ended`: nothing more will come. */
lp_timeline_event lp_timeline_tell(lp_timeline *timeline, int ended, int64_t *index, lp_timeline_entry *entry);

#endif
