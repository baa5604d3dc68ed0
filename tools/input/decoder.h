/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Decodes the packets of a video. What comes of them, damage included, does not depend on the number of threads.
 *
 * FFmpeg decodes frames in threads of which the output knows nothing yet when a picture turns out to be damaged: what
 * it tells of damage depends on chance. So threads work up to the first packet that is damaged, or that they complain
 * of. There one thread takes over for good: it begins anew at the last key frame from which decoding is exact, and what
 * has come already does not come again. */

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
    int at_once; /* no frame is held back for the sake of threads */
    int live;
    int keep_damaged; /* give frames that the decoder knows to be damaged too */
} lp_decoder_options;

/* Errors: UNSUPPORTED, MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_decoder_open(lp_decoder **decoder, const lp_decoder_options *options,
                                                     lightpose_error *error);
void lp_decoder_close(lp_decoder **decoder);

/* Takes a packet, whose data it keeps, or NULL: the end. `mark` comes back with its frame; marks ascend from 1.
 * `counts`: that the decoder refuses it is to be told. 0, or AVERROR(ENOMEM). */
int lp_decoder_send(lp_decoder *decoder, const AVPacket *packet, int64_t mark, int counts);

/* As avcodec_receive_frame; any error but AVERROR(EAGAIN) and AVERROR_EOF is that of one packet. */
int lp_decoder_receive(lp_decoder *decoder, AVFrame *frame);

/* What the decoder knows of a frame: whether it is damaged. */
int lp_decoder_is_damaged(const AVFrame *frame);

#endif
