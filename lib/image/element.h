/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The element types of the network's tensors, and 8-bit levels p in them: p itself in U8, p - 128 in the others, all
 * exactly. */

#ifndef LP_IMAGE_ELEMENT_H
#define LP_IMAGE_ELEMENT_H

#include <stddef.h>
#include <stdint.h>

/* The weights carry the network's scale, so the padding of 128 is a true zero. */
typedef enum lp_element { LP_U8 = 0, LP_S8 = 1, LP_BF16 = 2, LP_F32 = 3 } lp_element;

size_t lp_element_size(lp_element element);

/* `count` levels to `out`; the two do not overlap. */
void lp_element_convert(lp_element element, const uint8_t *levels, size_t count, void *out);

/* `count` elements of padding: level 128. */
void lp_element_pad(lp_element element, size_t count, void *out);

#endif
