/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Depthwise 3x3 convolutions on bytes: half the time of oneDNN's, exact on every CPU, and with zero points of their
 * own. The kernels behind it are table entries chosen by CPU. */

#ifndef LP_NET_DEPTHWISE_H
#define LP_NET_DEPTHWISE_H

#include "net/operator.h"

/* Takes depthwise 3x3 layers from bytes to bytes with padding as wide as the dilation, stride 1 or 2, where nothing is
 * added, and linear or ELU after them (ReLU is the saturation of bytes). A unit is a row of the output. */
extern const lp_operator lp_op_depthwise;

#endif
