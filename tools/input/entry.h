/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What packets tell of the pictures that build on each other. */

#ifndef LP_TOOLS_INPUT_ENTRY_H
#define LP_TOOLS_INPUT_ENTRY_H

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>

/* Whether decoding can begin at a key frame and yield, from that frame's time on, the very pictures that a decoding
 * from the start yields. */
int lp_entry_is_exact(const AVCodecParameters *codec, const AVPacket *packet);

/* Whether no picture builds on this one, as far as the codec tells in its packets: H.264 does. */
int lp_entry_is_unreferenced(const AVCodecParameters *codec, const AVPacket *packet);

#endif
