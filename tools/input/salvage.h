/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Pictures whose pixels are whole though their file is not as it should be: what concerns no pixel is taken out, so
 * that a strict decoder meets nothing but pixels. */

#ifndef LP_TOOLS_INPUT_SALVAGE_H
#define LP_TOOLS_INPUT_SALVAGE_H

#include "input/sniff.h"

/* Rewrites the file in `data` in its place and returns its new size: JPEG without metadata, PNG without chunks that can
 * be done without, the first frame of a WebP animation as a picture. What cannot be taken apart stays as it is. */
size_t lp_salvage(lp_input_picture_kind kind, uint8_t *data, size_t size);

#endif
