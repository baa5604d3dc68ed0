/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Pictures as a camera or a video decoder would deliver them. */

#ifndef LP_TOOLS_EVAL_YUV_H
#define LP_TOOLS_EVAL_YUV_H

#include <lightpose/lightpose.h>

/* `bgr` (BGR24) in `format`, NV12 or I420, BT.601 in the limited range, chroma on the left column of its pixels as
 * video has it; the pixels are in *pixels, to be freed. MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_yuv_from_bgr(const lightpose_image *bgr, lightpose_format format,
                                                     lightpose_image *image, uint8_t **pixels, lightpose_error *error);

#endif
