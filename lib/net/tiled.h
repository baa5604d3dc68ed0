/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Dense convolutions on AMX's tiles, of bytes and of bf16: any kernel, stride and dilation, with everything that
 * follows the convolution.
 *
 * As in dot.h, a 3x3 layer is nine 1x1 layers that add to the same sums. A tile of the source is 16 cells at equal
 * distances, which most taps can read in place; a unit of work starts with a table of their addresses. Only if a tile's
 * cells cross the end of a row or the edge of the source, the unit copies them side by side. */

#ifndef LP_NET_TILED_H
#define LP_NET_TILED_H

#include "net/operator.h"
#include "net/tiles_kernel.h"

/* Takes layers from U8 to U8 or F32, and from BF16 to BF16 or F32, on CPUs with AMX for that type. */
extern const lp_operator lp_op_tiled;

#endif
