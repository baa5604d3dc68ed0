/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Whether decoding can begin at a key frame and yield, from that frame's time on, the very pictures that a decoding
 * from the start yields. */

#ifndef LP_TOOLS_INPUT_ENTRY_H
#define LP_TOOLS_INPUT_ENTRY_H

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>

int lp_entry_is_exact(const AVCodecParameters *codec, const AVPacket *packet);

#endif
