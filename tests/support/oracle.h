/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* OpenCV's own results, for tests to compare with. */

#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* cv::resize with INTER_LINEAR and a factor. Returns 0 with the result in `out`, `out_width` by `out_height` pixels of
 * `channels` bytes; -1 if OpenCV throws, or the result has another size. */
int oracle_resize(const uint8_t *image, int width, int height, int channels, double factor, uint8_t *out, int out_width,
                  int out_height);

/* cv::resize of a plane of floats with INTER_CUBIC and a factor; `out` has width * factor times height * factor floats.
 * Returns 0, or -1 if OpenCV throws. */
int oracle_cubic(const float *map, int width, int height, int factor, float *out);

#ifdef __cplusplus
}
#endif

#endif
