/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The element types of the network's tensors. U8 stores an 8-bit level p as p, the others as p - 128; all are exact. */

#ifndef LP_IMAGE_ELEMENT_H
#define LP_IMAGE_ELEMENT_H

#include <stddef.h>
#include <stdint.h>

/* The scale of the input is part of the weights, so the padding, level 128, is an exact zero. */
typedef enum lp_element { LP_U8 = 0, LP_S8 = 1, LP_BF16 = 2, LP_F32 = 3 } lp_element;

size_t lp_element_size(lp_element element);

/* Converts `count` levels; `levels` and `out` must not overlap. */
void lp_element_convert(lp_element element, const uint8_t *levels, size_t count, void *out);

/* Writes `count` elements of padding: level 128. */
void lp_element_pad(lp_element element, size_t count, void *out);

#endif
