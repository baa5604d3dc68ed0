/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Opening what FFmpeg can open, and the packets of its video. */

#ifndef LP_TOOLS_INPUT_DEMUX_H
#define LP_TOOLS_INPUT_DEMUX_H

#include "input/bytes.h"
#include "input/input.h"

#include <libavcodec/packet.h>
#include <libavformat/avformat.h>

typedef struct lp_demux {
    AVFormatContext *format;
    AVStream *stream; /* the video; all others are discarded */
    const char *text; /* the source as it is told */
    const char *path; /* of a file that is there; else NULL */
    lp_input_wait wait;
    int live;
    int once; /* it comes once, at its own pace: no frame is to be held back */
} lp_demux;

/* `bytes` are those of the source where it is read once; else NULL. They stay the caller's, and must outlive it. */
LIGHTPOSE_NODISCARD lightpose_status lp_demux_open(lp_demux *demux, const lp_source *source,
                                                   const lp_input_options *options, lp_bytes *bytes,
                                                   lightpose_error *error);
void lp_demux_close(lp_demux *demux);

/* The next packet of the video, past what cannot be read of it: 0, AVERROR_EOF, AVERROR_EXIT when told to stop, or
 * another error of FFmpeg. */
int lp_demux_read(lp_demux *demux, AVPacket *packet);

/* Whether packets carry the times at which their frames are shown, and the container's own decoding times
 * (timeline.h). */
int lp_demux_has_times(const lp_demux *demux);
int lp_demux_has_decoding_times(const lp_demux *demux);

/* Whether packets have the same times after a seek: streams of interlaced pictures have some packets without times,
 * which FFmpeg fills in from the packets before. */
int lp_demux_can_be_entered(const lp_demux *demux);

/* Whether times are the source's, not made up by FFmpeg of a rate: a live source without a clock goes by ours. */
int lp_demux_has_clock(const lp_demux *demux);

/* Whether it is MP4 from where nothing can be gone back in; and what to say where its index lies behind its pictures.
 */
int lp_demux_cannot_go_back(const lp_demux *demux);
extern const char lp_demux_index_behind[];

/* Frames that the index of a file names and that lie behind its end (MP4). */
int64_t lp_demux_missing(const lp_demux *demux);

/* Whether a file is shorter than the size that its head tells (AVI, Matroska). */
int lp_demux_is_cut(const lp_demux *demux);

/* How the picture lies, by the container's rotation tag. */
lp_input_orient lp_demux_orient(const lp_demux *demux);

#endif
