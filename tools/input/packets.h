/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Exact seeking in a video: one pass over its packets, without decoding, finds the time stamp of frame n and the key
 * frame to decode it from. */

#ifndef LP_TOOLS_INPUT_PACKETS_H
#define LP_TOOLS_INPUT_PACKETS_H

#include "input/demux.h"

typedef struct lp_packets {
    int64_t *shown; /* times of all frames, ascending: frame n is shown[n] */
    size_t count, capacity;
    int64_t *keys; /* pairs of presentation time and decoding time of the key frames, ascending */
    size_t key_count, key_capacity;
} lp_packets;

/* Reads the rest of the video. Returns 1; 0 if its time stamps do not number the frames or it cannot be read to its
 * end, so that the caller has to count frames; -1 if out of memory. */
int lp_packets_scan(lp_packets *packets, lp_demux *demux);
void lp_packets_free(lp_packets *packets);

/* Seeks to a key frame from which frame `index` is decoded exactly as from the start, and reads its packet into
 * *packet; *number is the number of its frame. Returns 0 if that is not possible. */
int lp_packets_enter(const lp_packets *packets, lp_demux *demux, int64_t index, AVPacket *packet, int64_t *number);

#endif
