/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The sound of a file for an annotated video: copied unchanged if the container supports its codec, else as AAC. */

#ifndef LP_TOOLS_OUTPUT_AUDIO_H
#define LP_TOOLS_OUTPUT_AUDIO_H

#include <libavformat/avformat.h>

#include "output/recode.h"

typedef struct lp_audio {
    AVFormatContext *source;
    AVStream *from, *to;
    lp_recoder *recoder; /* NULL: packets are copied */
    AVPacket *packet;    /* the next one, already read */
    int has_packet;
    double shift;    /* added to the source's times, whose clock may leap */
    double end;      /* of the sound read so far, in seconds of the source; NAN before the first packet */
    int64_t written; /* the last time stamp written */
} lp_audio;

/* Adds a stream for the sound of `path` to `muxer`, whose header is not written yet. NULL if there is no sound or it
 * has to be left out. `note` says why it is left out, or that it is made AAC; else it is empty. */
lp_audio *lp_audio_open(const char *path, AVFormatContext *muxer, char note[160]);

/* Writes the sound between `start` and `until` seconds of the source, shifted so that `start` becomes 0. Returns 0, or
 * an error of the encoder or muxer. */
int lp_audio_write(lp_audio *audio, AVFormatContext *muxer, double start, double until);

/* Writes what the encoder holds back. */
int lp_audio_finish(lp_audio *audio, AVFormatContext *muxer);

void lp_audio_close(lp_audio **audio);

#endif
