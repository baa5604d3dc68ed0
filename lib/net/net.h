/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The weights of one model in one precision: created layer by layer when the first plan needs them, then shared. */

#ifndef LP_NET_NET_H
#define LP_NET_NET_H

#include "net/operators.h"
#include "net/plan.h"
#include "net/quantise.h"

const lp_graph *lp_net_graph(const lp_net *net);

/* The requantisation of the layer in `row`; lives as long as the net. `last`: the layer writes an output of the
 * network, in F32. MEMORY. */
lightpose_status lp_net_requantisation(lp_net *net, int row, int last, const lp_requantisation **requant,
                                       lightpose_error *error);

/* Its weights as the operator packs them; likewise. MEMORY, ENGINE. */
lightpose_status lp_net_packed(lp_net *net, int row, int last, int operator, const lp_op_layer * layer,
                               const void **packed, lightpose_error *error);

#endif
