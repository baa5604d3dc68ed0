/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Opening what FFmpeg can open, and the packets of its video. */

#ifndef LP_TOOLS_INPUT_DEMUX_H
#define LP_TOOLS_INPUT_DEMUX_H

#include "input/input.h"

#include <libavcodec/packet.h>
#include <libavformat/avformat.h>

typedef struct lp_demux {
    AVFormatContext *format;
    AVStream *stream; /* the video; all others are discarded */
    const char *text; /* the source as the user gave it */
    const atomic_int *stop;
    int live;
} lp_demux;

LIGHTPOSE_NODISCARD lightpose_status lp_demux_open(lp_demux *demux, const lp_source *source,
                                                   const lp_input_options *options, lightpose_error *error);
void lp_demux_close(lp_demux *demux);

/* The next packet of the video, past what cannot be read of it: 0, AVERROR_EOF, AVERROR_EXIT when told to stop, or
 * another error of FFmpeg. */
int lp_demux_read(lp_demux *demux, AVPacket *packet);

/* Whether packets carry the times at which their frames are shown, one frame each (timeline.h). */
int lp_demux_has_times(const lp_demux *demux);

/* Whether a file is shorter than the size that its head tells (AVI, Matroska). */
int lp_demux_is_cut(const lp_demux *demux);

/* How the picture lies, by the container's rotation tag. */
lp_input_orient lp_demux_orient(const lp_demux *demux);

#endif
