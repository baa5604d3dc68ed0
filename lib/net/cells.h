/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Where a convolution's kernel reads: for operators that address source cells themselves. */

#ifndef LP_NET_CELLS_H
#define LP_NET_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "net/operator.h"

/* A cell of the source; it may lie outside. */
typedef struct lp_cell {
    int y, x;
} lp_cell;

/* What the first tap reads for cell `cell` of an output `width` cells wide. */
static inline lp_cell lp_first_tap(const lp_conv_spec *spec, int width, int cell) {
    return (lp_cell){cell / width * spec->stride - spec->pad[0], cell % width * spec->stride - spec->pad[1]};
}

static inline lp_cell lp_tap(const lp_conv_spec *spec, lp_cell first, int tap) {
    return (lp_cell){first.y + tap / spec->kernel * spec->dilation, first.x + tap % spec->kernel * spec->dilation};
}

static inline int lp_is_inside(const lp_conv_spec *spec, lp_cell cell) {
    return cell.y >= 0 && cell.y < spec->height && cell.x >= 0 && cell.x < spec->width;
}

/* A cell inside, of `bytes` bytes. */
static inline const uint8_t *lp_cell_at(const lp_conv_spec *spec, const void *src, lp_cell cell, size_t bytes) {
    return (const uint8_t *)src + ((size_t)cell.y * (size_t)spec->width + (size_t)cell.x) * bytes;
}

#endif
