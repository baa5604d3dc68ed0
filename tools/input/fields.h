/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* H.264 can code a picture as two fields in separate packets. Finds the packets that are second fields. */

#ifndef LP_TOOLS_INPUT_FIELDS_H
#define LP_TOOLS_INPUT_FIELDS_H

#include <stdint.h>

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>

enum { LP_FIELDS_SPS = 32, LP_FIELDS_PPS = 256 };

typedef struct lp_fields {
    int length_size; /* bytes of the length before each NAL unit; 0: start codes separate the units */
    struct {
        uint8_t valid, may_be_fields, planes, frame_num_bits;
    } sps[LP_FIELDS_SPS];
    struct {
        uint8_t valid, sps;
    } pps[LP_FIELDS_PPS];
    int has_fields;     /* some parameter set allows them */
    int unpaired;       /* a first field waits for its second */
    int bottom;         /* the parity of that field */
    uint32_t frame_num; /* the number of its picture */
} lp_fields;

void lp_fields_start(lp_fields *fields, const AVCodecParameters *codec);

/* Takes the packets of a video in order. Returns 1 if `packet` is the second field of the picture that the packet
 * before it began; else 0, also for other codecs. */
int lp_fields_is_second(lp_fields *fields, const AVCodecParameters *codec, const AVPacket *packet);

#endif
