/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Pictures that H.264 codes as two fields, each of which may come in a packet of its own: which packets are the second
 * half of a frame? */

#ifndef LP_TOOLS_INPUT_FIELDS_H
#define LP_TOOLS_INPUT_FIELDS_H

#include <stdint.h>

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>

enum { LP_FIELDS_SPS = 32, LP_FIELDS_PPS = 256 };

typedef struct lp_fields {
    int length_size; /* of NAL units with their length before them; 0: start codes are between them */
    struct {
        uint8_t valid, may_be_fields, planes, frame_num_bits;
    } sps[LP_FIELDS_SPS];
    struct {
        uint8_t valid, sps;
    } pps[LP_FIELDS_PPS];
    int has_fields;     /* some parameter set allows them */
    int unpaired;       /* a first field waits for its second */
    int bottom;         /* its parity */
    uint32_t frame_num; /* its picture's number */
} lp_fields;

void lp_fields_start(lp_fields *fields, const AVCodecParameters *codec);

/* Takes the packets of a video one after the other. Returns 1 where `packet` is the second field of the picture that
 * the packet before it began; 0 for anything else, also of other codecs. */
int lp_fields_is_second(lp_fields *fields, const AVCodecParameters *codec, const AVPacket *packet);

#endif
