/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What image/yuv.h defines, a pixel at a time. */

#ifndef LP_TESTS_NAIVE_YUV_H
#define LP_TESTS_NAIVE_YUV_H

#include <lightpose/lightpose.h>

/* B G R of the pixel in column `x` and row `y` of an NV12 or I420 image resampled by `scale`. */
void naive_yuv_pixel(const lightpose_image *image, double scale, int x, int y, uint8_t bgr[3]);

#endif
