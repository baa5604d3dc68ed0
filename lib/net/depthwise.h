/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Depthwise 3x3 convolutions on bytes: they take half the time of oneDNN's, are exact on every CPU, and support zero
 * points. The kernels are entries of a table, chosen for the CPU. */

#ifndef LP_NET_DEPTHWISE_H
#define LP_NET_DEPTHWISE_H

#include "net/operator.h"

/* Takes depthwise 3x3 layers from bytes to bytes with padding as wide as the dilation, stride 1 or 2, no addition, and
 * linear or ELU activation (ReLU is the saturation of bytes). A unit is a row of the output. */
extern const lp_operator lp_op_depthwise;

#endif
