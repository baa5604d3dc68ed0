/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Converts pictures to the formats of cameras and video decoders. */

#ifndef LP_TOOLS_EVAL_YUV_H
#define LP_TOOLS_EVAL_YUV_H

#include <lightpose/lightpose.h>

/* Converts `bgr` (BGR24) to `format`, NV12 or I420: BT.601, limited range, chroma sited at the left as in video. The
 * caller frees *pixels. Errors: MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_yuv_from_bgr(const lightpose_image *bgr, lightpose_format format,
                                                     lightpose_image *image, uint8_t **pixels, lightpose_error *error);

#endif
