/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Converts sound of any codec to AAC. */

#ifndef LP_TOOLS_OUTPUT_RECODE_H
#define LP_TOOLS_OUTPUT_RECODE_H

#include <libavformat/avformat.h>

typedef struct lp_recoder lp_recoder;

/* *made gets the parameters of the new sound, freed by the caller. NULL if there is no decoder, encoder or memory. */
lp_recoder *lp_recoder_open(const AVStream *from, int global_header, AVCodecParameters **made);
void lp_recoder_close(lp_recoder **recoder); /* NULL is fine */

/* Takes a packet whose sound begins at `time` seconds, and writes encoded packets to stream `to`. Gaps become silence.
 * Sound that cannot be decoded is left out. Returns 0, or an error of the encoder or muxer. */
int lp_recoder_take(lp_recoder *recoder, const AVPacket *packet, double time, AVFormatContext *muxer,
                    const AVStream *to);
int lp_recoder_finish(lp_recoder *recoder, AVFormatContext *muxer, const AVStream *to);

#endif
