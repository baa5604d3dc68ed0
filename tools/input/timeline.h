/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Numbers the frames of a video: which frame did the decoder return, and which did it lose?
 *
 * Every packet of the video is one frame, except second fields (fields.h), and frames are shown in the order of their
 * time stamps. Each packet that goes to the decoder carries a mark, which comes back with its frame. If the frame of
 * time t has come, and frames of earlier times do not come among the next few, they are lost: they are undecodable and
 * keep their numbers. So frame n is the n-th time stamp of the file, wherever reading begins, whatever is damaged, and
 * however many threads decode.
 *
 * If the clock of the source leaps back, a new stretch begins. Time stamps order the frames within a stretch; the
 * stretches keep their order in the file.
 *
 * Not counted, because no player shows them either: packets before the first key frame; pictures that follow the first
 * key frame in the file and precede it in time (they need a picture that the file does not hold); packets that the
 * container marks as cut away (edit lists); pictures that are only references and never shown (VP8); packets without
 * data (the frame before stays on the screen).
 *
 * Some sources have no such time stamps (AVI, raw streams) or wrong ones, which shows when frames come in another
 * order. Then frames are counted as they are returned, and each error of the decoder counts as one frame. */

#ifndef LP_TOOLS_INPUT_TIMELINE_H
#define LP_TOOLS_INPUT_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>
#include <libavutil/rational.h>

#include "input/fields.h"

/* PENDING: a decoder that reorders frames and uses threads holds back fewer packets. HELD: frames of H.264 and H.265
 * are shown at most 16 frames after they are decoded; a frame that has not come after that many others is lost. */
enum { LP_TIMELINE_PENDING = 256, LP_TIMELINE_HELD = 17 };

/* A packet or its frame. */
typedef struct lp_timeline_entry {
    int64_t mark; /* 0: none of the packets that count */
    int64_t time; /* its time stamp; for a frame without a packet, the decoder's; may be AV_NOPTS_VALUE */
    int stretch;  /* of the clock, from 0 */
    int passed;   /* it was skipped without decoding, and is reported when its turn comes */
} lp_timeline_entry;

typedef struct lp_timeline {
    AVRational base;        /* of time stamps */
    int own_decoding_times; /* the container's decoding times are its own, not guessed by FFmpeg */
    int by_time;            /* 1: time stamps number the frames; 0: frames are counted */
    int started;            /* the first key frame has been seen */
    int64_t start;          /* its time */
    int64_t next;           /* the number of the next frame */
    int64_t mark;           /* of the last packet */
    int stretch;            /* of the last packet */
    int reorders;           /* packets are not shown in the order in which they are decoded */
    int64_t decoded;        /* decoding time of the last packet */
    lp_fields fields;
    lp_timeline_entry shown;                        /* the last frame reported */
    lp_timeline_entry pending[LP_TIMELINE_PENDING]; /* packets whose frames are due, in the order of display */
    int pending_count;
    lp_timeline_entry came[LP_TIMELINE_HELD]; /* frames that came and are not reported yet, in order of arrival */
    int came_count;
    int lost; /* counted frames due to be reported as lost */
} lp_timeline;

/* `index` is the number that the next frame gets. `own_decoding_times`: see above. */
void lp_timeline_start(lp_timeline *timeline, int by_time, int64_t index, const AVCodecParameters *codec,
                       AVRational base, int own_decoding_times);

/* Takes the next packet. Returns 1 if it counts as a frame. Its mark is timeline->mark in any case. */
int lp_timeline_counts(lp_timeline *timeline, const AVCodecParameters *codec, const AVPacket *packet);

/* Notes that a packet that counts goes to the decoder. */
void lp_timeline_sent(lp_timeline *timeline, const AVPacket *packet);

/* Notes that a packet that counts, of this time, does not go to the decoder. Call lp_timeline_sent first. If frames are
 * counted, it must be the packet's turn, and it counts as a frame that came, without a picture. */
void lp_timeline_passed(lp_timeline *timeline, int64_t time);

/* Notes that the decoder refused a packet. */
void lp_timeline_failed(lp_timeline *timeline);

/* Notes that the decoder returned the frame of the packet with this mark; `time` is the decoder's. At most
 * LP_TIMELINE_HELD frames may be unreported at a time. */
void lp_timeline_came(lp_timeline *timeline, int64_t mark, int64_t time);

typedef enum lp_timeline_event {
    LP_TIMELINE_WAIT, /* the decoder has to continue first */
    LP_TIMELINE_LOST, /* a frame that will not come */
    LP_TIMELINE_FRAME /* the earliest of the frames that came */
} lp_timeline_event;

/* Reports the next frame in the order of display, with its number. `ended`: the decoder will return no more frames. */
lp_timeline_event lp_timeline_tell(lp_timeline *timeline, int ended, int64_t *index, lp_timeline_entry *entry);

#endif
