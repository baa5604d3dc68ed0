/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The cells that a convolution's kernel reads, for operators that address source cells themselves. */

#ifndef LP_NET_CELLS_H
#define LP_NET_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "net/operator.h"

/* A cell of the output, or of the source, in which case it may lie outside. */
typedef struct lp_cell {
    int y, x;
} lp_cell;

/* Cell `index` of an output `width` cells wide, and the cell that follows another. */
static inline lp_cell lp_cell_of(int index, int width) {
    return (lp_cell){index / width, index % width};
}

static inline lp_cell lp_next_cell(lp_cell cell, int width) {
    return cell.x + 1 < width ? (lp_cell){cell.y, cell.x + 1} : (lp_cell){cell.y + 1, 0};
}

/* The source cell that the first tap reads for a cell of the output. */
static inline lp_cell lp_first_tap(const lp_conv_spec *spec, lp_cell cell) {
    return (lp_cell){cell.y * spec->stride - spec->pad[0], cell.x * spec->stride - spec->pad[1]};
}

/* The offset of the cell that `tap` reads from that of the first tap. */
static inline lp_cell lp_tap_offset(const lp_conv_spec *spec, int tap) {
    return (lp_cell){tap / spec->kernel * spec->dilation, tap % spec->kernel * spec->dilation};
}

static inline lp_cell lp_cell_plus(lp_cell a, lp_cell b) {
    return (lp_cell){a.y + b.y, a.x + b.x};
}

static inline int lp_is_inside(const lp_conv_spec *spec, lp_cell cell) {
    return cell.y >= 0 && cell.y < spec->height && cell.x >= 0 && cell.x < spec->width;
}

/* The address of a cell inside the source; cells have `bytes` bytes. */
static inline const uint8_t *lp_cell_at(const lp_conv_spec *spec, const void *src, lp_cell cell, size_t bytes) {
    return (const uint8_t *)src + ((size_t)cell.y * (size_t)spec->width + (size_t)cell.x) * bytes;
}

#endif
