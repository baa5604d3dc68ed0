/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Runs any layer with oneDNN, in bands: a unit is a band of rows of the output, run by a primitive created for the
 * band's shape and one thread. A band includes what oneDNN lacks: a border of bytes that represent 0, and additions
 * that it does not fuse well. */

#ifndef LP_NET_DNN_OPERATOR_H
#define LP_NET_DNN_OPERATOR_H

#include "net/operator.h"

/* Takes every layer. */
extern const lp_operator lp_op_dnn;

/* Whether oneDNN has only reference code for a layer on this CPU. ENGINE, MEMORY. */
lightpose_status lp_dnn_is_reference(const lp_conv_spec *spec, int *is_reference, lightpose_error *error);

#endif
