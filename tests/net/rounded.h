/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What a precision makes of a layer, next to naive.h's exact one. */

#ifndef TESTS_ROUNDED_H
#define TESTS_ROUNDED_H

#include "naive.h"
#include "net/plan.h"

/* A layer's weights as the precision rounds them. int8 takes the source's scale into them first, then one step for each
 * output channel that lets the greatest magnitude be 127 (64 for the first layer where oneDNN adds its products in 16
 * bits).
 */
typedef struct rounded {
    double *values;
    int *steps; /* int8: value = steps * step[channel] / scale of the source */
    double step[LP_MAX_CHANNELS];
} rounded;

/* Both arrays are freed by the caller. */
rounded rounded_weights(const lp_layer *layer, lightpose_precision precision, const lp_quantisation *source,
                        const float *from);

/* Without AVX-512 VNNI, the dense int8 layers that oneDNN runs add the products of two neighbouring source channels in
 * 16 bits, saturated: adds what that changes to `target`. */
void rounded_pairs(const lp_layer *layer, const rounded *weights, const lp_tensor_view *source, naive_tensor *target);

#endif
