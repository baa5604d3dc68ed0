/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* One layer through an operator: packed, created, run in parts of random size from the last to the first, destroyed. */

#ifndef TESTS_RUN_OPERATOR_H
#define TESTS_RUN_OPERATOR_H

#include "net/operators.h"

/* Whether the kernels for AVX2 and more are compiled. */
#if defined(__x86_64__)
enum { HAS_X86_KERNELS = 1 };
#else
enum { HAS_X86_KERNELS = 0 };
#endif

/* `name`: what ran, at most 63 characters. */
void run_operator(const lp_operator *op, const lp_op_layer *layer, const void *weights, const lp_op_tensors *tensors,
                  char name[64]);

/* Packing and creating with each allocation failing in turn: each failure is reported, names the layer, and leaves
 * nothing. */
void fail_operator(const lp_operator *op, const lp_op_layer *layer, const void *weights);

#endif
