/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Repairs files of pictures that are damaged outside their pixels: removes everything but the pixels, so that a strict
 * decoder reads nothing else. */

#ifndef LP_TOOLS_INPUT_SALVAGE_H
#define LP_TOOLS_INPUT_SALVAGE_H

#include "input/sniff.h"

/* Rewrites the file in `data` in place and returns its new size: a JPEG without metadata, a PNG without ancillary
 * chunks except transparency, the first frame of a WebP animation as a picture. What cannot be parsed remains
 * unchanged. */
size_t lp_salvage(lp_input_picture_kind kind, uint8_t *data, size_t size);

#endif
