/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Videos made in code with FFmpeg's encoders. Every frame has its number drawn in its picture, so that a test knows
 * which frame it got, whatever a decoder or a container says. */

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
    int rotation;          /* tagged, in degrees clockwise */
    int colorspace, range; /* FFmpeg's numbers; 0: untagged */
    int hidden_bit;        /* VP8: before each key frame but the first, add a copy that is not shown, with this bit of
                              its first byte cleared */
    int leave_out;         /* > 0: leave out every n-th frame */
    int pause_at;          /* > 0: this frame and all later ones come CLIP_PAUSE seconds later */
    int aspect_num, aspect_den; /* of a pixel; 0: untagged */
    int new_size_at;            /* > 0: from this frame on the size is halved (if the encoder supports it) */
} clip;

#define CLIP_PAUSE 7

/* Returns 0, or -1 if this FFmpeg lacks the encoder or the container. Aborts if writing fails. */
int clip_make(const clip *spec);

/* When frame n is shown, in milliseconds. */
int64_t clip_time(const clip *spec, int n);

/* Reads the number in a picture of the original orientation, I420 or BGR24; -1 if it has none. */
int clip_number(const lightpose_image *image);

/* Draws frame `number` as 4:2:0, as the encoders get it. */
void clip_draw(uint8_t *const planes[3], int width, int height, int number);

/* A checksum of the visible pixels. */
uint32_t clip_sum(const lightpose_image *image);

#endif
