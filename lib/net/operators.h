/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The list of operators in order of preference, and the code that they share. */

#ifndef LP_NET_OPERATORS_H
#define LP_NET_OPERATORS_H

#include "net/operator.h"

enum { LP_MAX_OPERATORS = 8 };

/* The index of the first operator that takes the layer; oneDNN, the last, takes every layer. */
int lp_operator_choose(const lp_conv_spec *spec, unsigned features);
const lp_operator *lp_operator_at(int index);

/* The weights of a layer as the operator packs them (operator.h); NULL on failure. MEMORY, ENGINE. */
lightpose_status lp_op_pack(const lp_operator *op, void **packed, const lp_op_layer *layer, const void *weights,
                            lightpose_error *error);
void lp_op_free_packed(const lp_operator *op, void *packed); /* accepts NULL */

/* The layer for one image size; all zero on failure. MEMORY, ENGINE. */
lightpose_status lp_op_create(const lp_operator *op, lp_op_instance *made, const lp_op_layer *layer, const void *packed,
                              lightpose_error *error);

/* Sets what every instance has: `op` and zeroed `data`. MEMORY, naming the layer. */
lightpose_status lp_op_allocate(const lp_operator *op, lp_op_instance *made, const char *layer, lightpose_error *error);
void lp_op_destroy(lp_op_instance *instance); /* accepts one that is all zero */

#endif
