/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* H.264 coded by fields, as camcorders and broadcasters do and no free encoder does: macroblocks of bare samples
 * (I_PCM) in field and frame pictures, the second of two frames stored before the first. */

#ifndef TESTS_FIELDS_H
#define TESTS_FIELDS_H

typedef enum fields_kind {
    FIELDS_APART,    /* every field in a packet of its own */
    FIELDS_TOGETHER, /* both fields of a frame in one packet */
    FIELDS_MIXED     /* every third frame is a frame picture, the others fields in packets of their own (PAFF) */
} fields_kind;

enum { FIELDS_WIDTH = 96, FIELDS_HEIGHT = 64 };

/* Writes `frames` frames of 25 a second, each with its number in its picture (clip.h). `drop` is the decoding position
 * of a packet that is left out, -1: none. Aborts where writing fails. */
void fields_make(const char *path, fields_kind kind, int frames, int drop);

#endif
