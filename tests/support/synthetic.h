/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Random weights, for tests that must run the whole library where no published weights are. */

#ifndef LP_TESTS_SYNTHETIC_H
#define LP_TESTS_SYNTHETIC_H

#include "net/safetensors.h" /* lp_dtype */
#include "net/weights.h"

/* The bytes of a whole, valid weights file: weights of a size that keeps activations near 1 through every layer, the
 * same for the same arguments. Freed with free(); NULL where memory is short. Ranges are per channel for tensors that
 * a depthwise layer reads, else one, as in Intel's int8 file. */
unsigned char *synthetic_weights(lp_variant variant, lp_dtype dtype, int with_ranges, unsigned seed, size_t *size);

#endif
