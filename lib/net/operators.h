/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The list of operators, in order of preference. */

#ifndef LP_NET_OPERATORS_H
#define LP_NET_OPERATORS_H

#include "net/operator.h"

enum { LP_MAX_OPERATORS = 8 };

/* The index of the first operator that takes the layer; oneDNN, the last, takes every layer. */
int lp_operator_choose(const lp_conv_spec *spec, unsigned features);
const lp_operator *lp_operator_at(int index);

#endif
