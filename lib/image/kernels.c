/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "image/kernels.h"

#include "base/cpu.h"

lp_image_kernels lp_image_kernels_for(unsigned features) {
    lp_image_kernels kernels = {lp_resample_row_c, lp_yuv_resample_row_c};

#if defined(__x86_64__)
    if (features & LP_CPU_AVX2)
        kernels = (lp_image_kernels){lp_resample_row_avx2, lp_yuv_resample_row_avx2};
#else
    (void)features;
#endif
    return kernels;
}
