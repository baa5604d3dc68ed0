/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The weights of one model in one precision: made layer by layer when the first plan asks, then shared. */

#ifndef LP_NET_NET_H
#define LP_NET_NET_H

#include "net/dnn.h"
#include "net/plan.h"
#include "net/pointwise.h"
#include "net/quantise.h"
#include "net/winograd.h"

const lp_scheme *lp_net_scheme(const lp_net *net);

/* What the layer in `row` does beside its weights; lives as long as the net. `last`: it writes an output of the
 * network, in F32. MEMORY. */
lightpose_status lp_net_numbers(lp_net *net, int row, int last, const lp_numbers **numbers, lightpose_error *error);

/* Its weights in plain order (quantise.h); freed with lp_free. MEMORY. */
lightpose_status lp_net_weights(lp_net *net, int row, void **weights, lightpose_error *error);

/* Its weights in the order that `conv` wants; likewise. MEMORY, ENGINE. */
lightpose_status lp_net_packed(lp_net *net, int row, lp_dnn *dnn, const lp_conv *conv, const lp_packed **packed,
                               lightpose_error *error);

/* Its weights for winograd.h, of an inner layer; likewise. `outside`: the source's byte for zero. MEMORY. */
lightpose_status lp_net_winograd(lp_net *net, int row, const lp_conv_spec *spec, uint8_t outside,
                                 const lp_winograd_weights **packed, lightpose_error *error);

/* Its weights for pointwise.h; likewise. MEMORY. */
lightpose_status lp_net_pointwise(lp_net *net, int row, const lp_conv_spec *spec, const lp_pointwise_weights **packed,
                                  lightpose_error *error);

#endif
