/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Dense convolutions of bytes on the dot-product instruction (vpdpbusd of AVX-VNNI and AVX-512 VNNI, usdot and udot of
 * NEON), which multiplies four pairs of bytes and adds them in 32 bits, or, on NEON without it, in 16-bit products:
 * exact, for any kernel, stride and dilation, with whatever follows the convolution done while the sums are in
 * registers.
 *
 * A 3x3 layer is no copy of its source into a matrix. It is nine 1x1 layers that add to the same sums, each of which
 * reads other cells: a unit of work, some neighbouring cells of the output, begins with a table of where they lie, in
 * which cells outside the source point to one that holds its zero. Only where source channels come in no multiple of 8
 * (the first layer has 3) a unit copies what its cells read side by side (im2col).
 *
 * A unit goes through the weights panel by panel (as many output channels as registers hold). It has as many cells as
 * leave their source and a panel in the first-level cache, so that weights come from the second-level cache at a
 * fraction of a byte for each product. */

#ifndef LP_NET_DOT_H
#define LP_NET_DOT_H

#include "net/dot_kernel.h"
#include "net/operator.h"

/* Takes U8 to U8 or F32 on CPUs with a form of the instruction, or NEON. */
extern const lp_operator lp_op_dot;

#endif
