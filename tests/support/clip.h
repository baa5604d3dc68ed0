/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Videos made in code through FFmpeg's encoders. Every frame carries its number in its picture, so that a test can tell
 * which one it got, whatever a decoder or a container says. */

#ifndef TESTS_CLIP_H
#define TESTS_CLIP_H

#include <stdint.h>

#include <lightpose/lightpose.h>

typedef struct clip {
    const char *path;
    const char *container; /* FFmpeg's name; NULL: by the path */
    const char *encoder;   /* "libx264", "mpeg4", "mjpeg", … */
    const char *options;   /* of the encoder: "g=40:bf=3", or NULL */
    const char *format;    /* pixel format; NULL: yuv420p */
    int width, height, frames;
    int number;            /* of the first frame */
    int uneven;            /* 1: the times between frames vary (clip_time) */
    int rotation;          /* the tag: degrees clockwise */
    int colorspace, range; /* FFmpeg's numbers; 0: untagged */
    int hidden_bit;        /* VP8: each key frame but the first comes after a copy of itself that is not shown: this bit
                              of  its first byte is cleared */
    int leave_out;         /* > 0: of so many frames the last is left out */
    int pause_at;          /* > 0: this frame and those behind it come CLIP_PAUSE seconds later */
    int aspect_num, aspect_den; /* of a pixel; 0: untagged */
    int new_size_at;            /* > 0: from this frame on the size is halved (encoders that take it) */
} clip;

#define CLIP_PAUSE 7

/* 0, or -1 where this FFmpeg lacks the encoder or the container. Aborts where writing fails. */
int clip_make(const clip *spec);

/* When frame n is shown, in milliseconds. */
int64_t clip_time(const clip *spec, int n);

/* The number in a picture of the original orientation, I420 or BGR24; -1 where it has none. */
int clip_number(const lightpose_image *image);

/* The same picture of 4:2:0, as the encoders get it. */
void clip_draw(uint8_t *const planes[3], int width, int height, int number);

/* A checksum of the visible pixels. */
uint32_t clip_sum(const lightpose_image *image);

#endif
