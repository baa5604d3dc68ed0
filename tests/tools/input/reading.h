/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A video read from end to end: through the command's input, and through FFmpeg's plain loop to compare with. */

#ifndef TESTS_READING_H
#define TESTS_READING_H

#include "input/input.h"

typedef struct reading_frame {
    int64_t index;
    double time, jump;
    int ok, damaged, number, width, height;
    uint32_t sum;
} reading_frame;

typedef struct reading {
    reading_frame *frames;
    int count, failed, end; /* what lp_input_next returned last */
    int64_t passed;
    lightpose_error error;
} reading;

/* Every step-th frame from first to last (-1: the end). The frames are freed by the caller. */
reading reading_range(const char *path, int64_t first, int64_t last, int64_t step);
reading reading_part(const char *path, const lp_input_range *range, int64_t step);
reading reading_all(const char *path);
reading reading_at(const char *path, double fps, int threads, int64_t first);
reading reading_by(const char *path, int threads);
reading reading_damaged(const char *path, int threads); /* frames that are damaged kept */

/* FFmpeg's: times and sums in order, nothing of a failure. */
reading reading_plainly(const char *path);

#endif
