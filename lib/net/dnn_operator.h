/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Any layer by oneDNN, which is made to compute bands: a unit is a band of rows of the output, run by a primitive that
 * was created for the band's shape and for one thread. What oneDNN lacks is part of the band: a border of bytes that
 * stand for zero, and additions that it does not fuse well. */

#ifndef LP_NET_DNN_OPERATOR_H
#define LP_NET_DNN_OPERATOR_H

#include "net/operator.h"

/* Takes every layer. */
extern const lp_operator lp_op_dnn;

/* Whether oneDNN has nothing but its reference code for a layer, on this CPU. ENGINE, MEMORY. */
lightpose_status lp_dnn_is_reference(const lp_conv_spec *spec, int *is_reference, lightpose_error *error);

#endif
