/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A number that goes into a decoder with a packet and comes back with its frame, by the API of FFmpeg's version. */

#ifndef LP_TOOLS_INPUT_MARK_H
#define LP_TOOLS_INPUT_MARK_H

#include <libavcodec/avcodec.h>

#define LP_MARK_BY_COPY (LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 3, 100))

/* Before avcodec_open2. */
static inline void lp_mark_start(AVCodecContext *decoder) {
#if LP_MARK_BY_COPY
    decoder->flags |= AV_CODEC_FLAG_COPY_OPAQUE;
#else
    decoder->reordered_opaque = 0;
#endif
}

static inline void lp_mark_packet(AVCodecContext *decoder, AVPacket *packet, int64_t mark) {
#if LP_MARK_BY_COPY
    (void)decoder;
    packet->opaque = (void *)(intptr_t)mark;
#else
    (void)packet;
    decoder->reordered_opaque = mark;
#endif
}

/* Whether a frame depends on no other. */
static inline int lp_mark_is_key(const AVFrame *frame) {
#ifdef AV_FRAME_FLAG_KEY
    return (frame->flags & AV_FRAME_FLAG_KEY) != 0;
#else
    return frame->key_frame;
#endif
}

static inline int64_t lp_mark_frame(const AVFrame *frame) {
#if LP_MARK_BY_COPY
    return (intptr_t)frame->opaque;
#else
    return frame->reordered_opaque;
#endif
}

#endif
