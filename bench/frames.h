/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The frames to measure: all in memory before anything is timed. */

#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

#include <lightpose/lightpose.h>

typedef struct frames {
    lightpose_image *images; /* in the pixel format of the image or video decoder */
    int count;
} frames;

/* Reads pictures and the first `limit` frames of clips. Without inputs: one generated picture of 1280 x 720 without
 * people. `error` is not NULL. */
lightpose_status frames_read(frames *list, const char *const *inputs, int count, int limit, lightpose_error *error);
void frames_free(frames *list);

#endif
