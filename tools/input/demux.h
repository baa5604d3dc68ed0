/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Opens anything that FFmpeg can open, and reads the packets of its video. */

#ifndef LP_TOOLS_INPUT_DEMUX_H
#define LP_TOOLS_INPUT_DEMUX_H

#include "input/bytes.h"
#include "input/input.h"

#include <libavcodec/packet.h>
#include <libavformat/avformat.h>

typedef struct lp_demux {
    AVFormatContext *format;
    AVStream *stream; /* the video; all others are discarded */
    const char *text; /* the source, for messages */
    const char *path; /* of an existing file; else NULL */
    lp_input_wait wait;
    int live;
    int once; /* the source can be read only once, at its own pace: no frame is to be delayed */
} lp_demux;

/* `bytes`: the source's, if it is remote or can be read only once; else NULL. They belong to the caller and must
 * outlive *demux. */
LIGHTPOSE_NODISCARD lightpose_status lp_demux_open(lp_demux *demux, const lp_source *source,
                                                   const lp_input_options *options, lp_bytes *bytes,
                                                   lightpose_error *error);
void lp_demux_close(lp_demux *demux);

/* Reads the next packet of the video, and skips unreadable data. Returns 0, AVERROR_EOF, AVERROR_EXIT if stopped, or
 * another error of FFmpeg. */
int lp_demux_read(lp_demux *demux, AVPacket *packet);

/* Whether packets carry the presentation times of their frames, and the container's own decoding times (timeline.h). */
int lp_demux_has_times(const lp_demux *demux);
int lp_demux_has_decoding_times(const lp_demux *demux);

/* Whether the source is a file in which packets have the same times after a seek. In streams of interlaced pictures,
 * some packets have no times, and FFmpeg derives them from the packets before. */
int lp_demux_can_be_entered(const lp_demux *demux);

/* Whether times are the source's, and not derived from a rate by FFmpeg: a live source without a clock goes by ours. */
int lp_demux_has_clock(const lp_demux *demux);

/* Whether the source is MP4 without seeking; and the message if its index follows its pictures. */
int lp_demux_cannot_go_back(const lp_demux *demux);
extern const char lp_demux_index_behind[];

/* The number of frames that the index of an MP4 file places beyond its end. */
int64_t lp_demux_missing(const lp_demux *demux);

/* Whether a file is shorter than its header says (AVI, Matroska). */
int lp_demux_is_cut(const lp_demux *demux);

/* The orientation by the container's rotation tag. */
lp_input_orient lp_demux_orient(const lp_demux *demux);

#endif
