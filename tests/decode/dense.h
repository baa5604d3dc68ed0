/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The decoder `reference` written down plainly: every map upsampled whole, every rule of docs/algorithm.md 4 to 7 as a
 * loop over everything. What the library's sparse decoder must equal bit for bit. */

#ifndef TESTS_DENSE_H
#define TESTS_DENSE_H

#include "decode/decode.h"

/* OpenCV's INTER_CUBIC by `factor`; in its order of sums. Planar in and out. */
void dense_upsample(const float *map, int width, int height, int factor, float *out);

typedef struct dense_people {
    lp_person *persons;
    int count;
} dense_people;

/* Allocates the persons; freed with free(). */
dense_people dense_decode(const lp_maps *maps, const lightpose_settings *settings);

#endif
