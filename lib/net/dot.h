/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Dense convolutions of bytes on the dot-product instruction (vpdpbusd of AVX-VNNI and AVX-512 VNNI, usdot and udot of
 * NEON), which multiplies four pairs of bytes and adds them in 32 bits, or, on NEON without it, in 16-bit products:
 * exact, for any kernel, stride and dilation, with everything that follows the convolution done while the sums are in
 * registers.
 *
 * A 3x3 layer does not copy its source into a matrix. It is nine 1x1 layers that add to the same sums and read
 * different cells. A unit of work, some neighbouring cells of the output, starts with a table of the cells to read;
 * cells outside the source point to a cell of bytes that represent 0. Only if the number of source channels is not a
 * multiple of 8 (the first layer has 3), a unit copies the cells that it reads side by side (im2col).
 *
 * A unit goes through the weights panel by panel; a panel has as many output channels as registers can hold. The number
 * of cells is such that their source and a panel fit the first-level cache. Then each product reads only a fraction of
 * a byte of weights from the second-level cache. */

#ifndef LP_NET_DOT_H
#define LP_NET_DOT_H

#include "net/dot_kernel.h"
#include "net/operator.h"

/* Takes layers from U8 to U8 or F32 on CPUs with a form of the instruction, or NEON. */
extern const lp_operator lp_op_dot;

#endif
