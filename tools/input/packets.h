/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Entering a video in the middle without guessing: one pass over its packets, undecoded, tells which time stamp is
 * frame n and which key frame to decode it from. */

#ifndef LP_TOOLS_INPUT_PACKETS_H
#define LP_TOOLS_INPUT_PACKETS_H

#include "input/demux.h"

typedef struct lp_packets {
    int64_t *shown; /* times of all frames, ascending: frame n is shown[n] */
    size_t count, capacity;
    int64_t *keys; /* times and positions in decoding order of the key frames, ascending; pairs */
    size_t key_count, key_capacity;
} lp_packets;

/* Reads the rest of the video. 1; 0 where its time stamps do not number the frames, or it cannot be read to its end
 * (the caller counts then); -1 for lack of memory. */
int lp_packets_scan(lp_packets *packets, lp_demux *demux);
void lp_packets_free(lp_packets *packets);

/* Goes to a key frame from which frame `index` comes out as it does in a decoding from the start, and reads up to it:
 * its packet is in *packet, and *number is its frame's. Returns 0 where the file cannot be entered there. */
int lp_packets_enter(const lp_packets *packets, lp_demux *demux, int64_t index, AVPacket *packet, int64_t *number);

#endif
