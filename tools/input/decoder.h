/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Decodes the packets of a video. The result, including damage, does not depend on the number of threads.
 *
 * With frame threads, what FFmpeg reports about damage depends on timing. So frame threads are used only up to the
 * first packet that is damaged or causes an error. Then one thread takes over for good: it restarts at the last key
 * frame from which decoding is exact, and frames that were returned before are not returned again. */

#ifndef LP_TOOLS_INPUT_DECODER_H
#define LP_TOOLS_INPUT_DECODER_H

#include <stdint.h>

#include <libavcodec/avcodec.h>

#include <lightpose/lightpose.h>

typedef struct lp_decoder lp_decoder;

typedef struct lp_decoder_options {
    const AVCodecParameters *parameters; /* copied */
    AVRational base;                     /* of time stamps */
    const char *name;                    /* of the source, for messages; must outlive the decoder */
    int threads;
    int at_once; /* 1: no frame threads, which would delay frames */
    int live;
    int keep_damaged; /* also return frames that the decoder knows to be damaged */
} lp_decoder_options;

/* Errors: UNSUPPORTED, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_decoder_open(lp_decoder **decoder, const lp_decoder_options *options,
                                                     lightpose_error *error);
void lp_decoder_close(lp_decoder **decoder);

/* Takes a packet and keeps its data; NULL: the end. `mark` comes back with its frame; marks ascend from 1. `counts`: an
 * error of this packet is reported. Returns 0 or AVERROR(ENOMEM). */
int lp_decoder_send(lp_decoder *decoder, const AVPacket *packet, int64_t mark, int counts);

/* As avcodec_receive_frame; any error except AVERROR(EAGAIN) and AVERROR_EOF concerns one packet. */
int lp_decoder_receive(lp_decoder *decoder, AVFrame *frame);

/* Whether the decoder has marked a frame as damaged. */
int lp_decoder_is_damaged(const AVFrame *frame);

#endif
