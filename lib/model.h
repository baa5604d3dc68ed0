/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Weights with their packed forms, shared by contexts and reference-counted. Thread-safe. */

#ifndef LP_MODEL_H
#define LP_MODEL_H

#include "net/plan.h"

/* Takes over `weights`, also on failure. */
lightpose_status lp_model_create(lightpose_model **model, lp_weights *weights, lightpose_error *error);
lightpose_model *lp_model_retain(lightpose_model *model);
void lp_model_release(lightpose_model *model);

const lp_weights *lp_model_weights(const lightpose_model *model);

/* The weights packed for a precision, created on first use and kept as long as the model. `precision` is resolved. */
lightpose_status lp_model_net(lightpose_model *model, lightpose_precision precision, lp_net **net,
                              lightpose_error *error);

#endif
