/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Random weights, for tests that run the complete library without the published weights. */

#ifndef LP_TESTS_SYNTHETIC_H
#define LP_TESTS_SYNTHETIC_H

#include "net/safetensors.h" /* lp_dtype */
#include "net/weights.h"

/* The bytes of a valid weights file, the same for the same arguments. The size of the weights keeps activations near 1
 * through all layers. Ranges are per channel for tensors that a depthwise layer reads, else one per tensor, as in
 * Intel's int8 file. Freed with free(); NULL if out of memory. */
unsigned char *synthetic_weights(lp_variant variant, lp_dtype dtype, int with_ranges, unsigned seed, size_t *size);

#endif
