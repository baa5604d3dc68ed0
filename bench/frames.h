/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The frames that are measured: in memory before anything is timed. */

#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

#include <lightpose/lightpose.h>

typedef struct frames {
    lightpose_image *images; /* in the pixel format that the decoder gave */
    int count;
} frames;

/* Reads pictures and the first `limit` frames of clips. Without inputs: one made-up picture of 1280 x 720, in which
 * nobody is. `error` is not NULL. */
lightpose_status frames_read(frames *list, const char *const *inputs, int count, int limit, lightpose_error *error);
void frames_free(frames *list);

#endif
