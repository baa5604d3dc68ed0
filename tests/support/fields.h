/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Makes H.264 with field coding, as of camcorders and broadcasters, which no free encoder can write: uncompressed
 * macroblocks (I_PCM) in field and frame pictures, with the second of two frames stored before the first. */

#ifndef TESTS_FIELDS_H
#define TESTS_FIELDS_H

typedef enum fields_kind {
    FIELDS_APART,    /* each field in a packet of its own */
    FIELDS_TOGETHER, /* both fields of a frame in one packet */
    FIELDS_MIXED     /* every third frame is a frame picture, the others fields in packets of their own (PAFF) */
} fields_kind;

enum { FIELDS_WIDTH = 96, FIELDS_HEIGHT = 64 };

/* Writes `frames` frames at 25 fps, each with its number in its picture (clip.h). `drop` is the position, in decoding
 * order, of a packet to leave out; -1: none. Aborts if writing fails. */
void fields_make(const char *path, fields_kind kind, int frames, int drop);

#endif
