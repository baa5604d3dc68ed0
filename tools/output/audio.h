/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A file's sound, copied into an annotated video as it is. */

#ifndef LP_TOOLS_OUTPUT_AUDIO_H
#define LP_TOOLS_OUTPUT_AUDIO_H

#include <libavformat/avformat.h>

typedef struct lp_audio {
    AVFormatContext *source;
    AVStream *from, *to;
    AVPacket *packet; /* the next one, read already */
    int has_packet;
} lp_audio;

/* Adds a stream to `muxer` for the sound of `path`. NULL where there is none, or none that the muxer takes. */
lp_audio *lp_audio_open(const char *path, AVFormatContext *muxer);

/* Writes what is heard between `start` and `until` seconds of the source, moved so that `start` becomes 0. Returns 0,
 * or an error of the muxer. */
int lp_audio_write(lp_audio *audio, AVFormatContext *muxer, double start, double until);

void lp_audio_close(lp_audio **audio);

#endif
