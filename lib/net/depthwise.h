/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Depthwise 3x3 convolutions on bytes: half the time of oneDNN's, exact on every CPU, and with zero points of their
 * own. The kernels behind it are table entries chosen by CPU. */

#ifndef LP_NET_DEPTHWISE_H
#define LP_NET_DEPTHWISE_H

#include "net/dnn.h"

typedef struct lp_depthwise lp_depthwise; /* immutable once made */

/* The layer of `spec` (depthwise, 3x3, from U8 to U8, padding as wide as the dilation, no sum). `weights`: channels
 * x 9. `zero`: the source's byte for what lies outside. `features`: of the CPU (base/cpu.h), less what a test leaves
 * out. MEMORY. */
lightpose_status lp_depthwise_create(lp_depthwise **depthwise, const lp_conv_spec *spec, const int8_t *weights,
                                     const float *bias, uint8_t zero, unsigned features, lightpose_error *error);
void lp_depthwise_destroy(lp_depthwise **depthwise);

const char *lp_depthwise_implementation(const lp_depthwise *depthwise);

void lp_depthwise_run(const lp_depthwise *depthwise, const uint8_t *src, uint8_t *dst, int threads);

#endif
