/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The row kernels of preprocessing. Plain C is the reference; the others give the same bytes. */

#ifndef LP_IMAGE_KERNELS_H
#define LP_IMAGE_KERNELS_H

#include "image/resample.h"
#include "image/yuv.h"

typedef struct lp_image_kernels {
    lp_resample_row *resample_row;
    lp_yuv_resample_row *yuv_resample_row;
} lp_image_kernels;

/* The fastest kernels for a set of enum lp_cpu_feature; 0 gives plain C. */
lp_image_kernels lp_image_kernels_for(unsigned features);

#endif
