/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* How pictures depend on each other, as far as their packets show it. */

#ifndef LP_TOOLS_INPUT_ENTRY_H
#define LP_TOOLS_INPUT_ENTRY_H

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>

/* Whether decoding from this packet yields, from its time on, exactly the pictures that decoding from the start
 * yields. */
int lp_entry_is_exact(const AVCodecParameters *codec, const AVPacket *packet);

/* Whether no other picture depends on this one. Known for H.264 only; else 0. */
int lp_entry_is_unreferenced(const AVCodecParameters *codec, const AVPacket *packet);

#endif
