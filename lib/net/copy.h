/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The network's steps without weights: operators without `takes`, `pack` and `create`, whose instances are created
 * here. A unit is a row. MEMORY. */

#ifndef LP_NET_COPY_H
#define LP_NET_COPY_H

#include <stddef.h>

#include "net/operator.h"

/* Copies `cell_bytes` bytes of each cell into a tensor with wider cells, as a part of a concatenation. */
extern const lp_operator lp_op_copy;
lightpose_status lp_copy_create(lp_op_instance *made, int height, int width, size_t cell_bytes,
                                size_t target_cell_bytes, lightpose_error *error);

/* dst = src + added, of F32. */
extern const lp_operator lp_op_add;
lightpose_status lp_add_create(lp_op_instance *made, int height, size_t row_values, lightpose_error *error);

#endif
