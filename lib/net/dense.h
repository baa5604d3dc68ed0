/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The common part of the operators on dot-product instructions (dot.h, tiled.h): weights in panels of output channels,
 * and layers whose units are neighbouring cells and whose sums become the output as in dot_kernel.h. */

#ifndef LP_NET_DENSE_H
#define LP_NET_DENSE_H

#include "net/cells.h"
#include "net/dot_kernel.h"

enum { LP_DENSE_MOST_KERNEL = 3 };

typedef struct lp_panels {
    int columns, count; /* output channels of a panel; number of panels */
    int taps, bytes;    /* for the kernel: cells that a sum reads, and bytes of each */
    uint8_t *values;    /* panel after panel; padding columns and channels are 0 */
    int *reach;         /* for bytes: the greatest magnitude that a sum of each output channel can have */
} lp_panels;

/* Creates zeroed panels for `out` channels. MEMORY, without an error text. */
lightpose_status lp_panels_create(lp_panels *panels, int columns, int out, int taps, int bytes);
void lp_panels_clear(void *panels);

typedef struct lp_dense {
    lp_conv_spec spec;
    int cells, width;                                          /* of the output */
    int unit;                                                  /* cells */
    int columns;                                               /* of all panels */
    int plain;                                                 /* lp_dot_output.plain */
    float *requant;                                            /* scales, bias and gains, `columns` of each */
    uint8_t *outside;                                          /* a source cell outside the image */
    lp_cell taps[LP_DENSE_MOST_KERNEL * LP_DENSE_MOST_KERNEL]; /* offset of each tap from the first */
} lp_dense;

/* `cell_bytes`: of a source cell; `unit`: cells. Fills `made`, whose data begins with `dense`. MEMORY, without an error
 * text. */
lightpose_status lp_dense_create(lp_dense *dense, lp_op_instance *made, const lp_panels *panels,
                                 const lp_op_layer *layer, int cell_bytes, int unit);
void lp_dense_clear(void *dense);

/* The number of cells in the unit that begins with cell `first`. */
static inline int lp_dense_count(const lp_dense *dense, int first) {
    return dense->cells - first < dense->unit ? dense->cells - first : dense->unit;
}

/* The output for the sums of `columns` output channels from `channel` on, of the cells from `first` on. */
lp_dot_output lp_dense_output(const lp_dense *dense, const lp_op_tensors *tensors, int first, int channel, int columns);

#endif
