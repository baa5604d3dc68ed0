/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The interface of everything that can run a layer of the network. operators.c lists the operators in order of
 * preference; the first that takes a layer on this CPU runs it, and oneDNN, the last, takes all.
 *
 * A layer is cut into units of work (rows of the output, or blocks of them). Units are independent of each other: they
 * may run in any order and on any thread, and what a unit writes does not depend on how units are grouped. So results
 * are the same for every number of threads. */

#ifndef LP_NET_OPERATOR_H
#define LP_NET_OPERATOR_H

#include "base/status.h"
#include "net/conv.h"

/* A layer as an operator sees it. Everything it points to lives as long as the network's weights (net.h), so operators
 * may keep the pointers. */
typedef struct lp_op_layer {
    const lp_conv_spec *spec; /* `pad` counts the cells outside the source; the source has no border in memory */
    const float *bias;        /* one per output channel */
    uint8_t zero;             /* U8 sources: the byte that represents 0 and pads the source */
    unsigned features;        /* of the CPU (base/cpu.h) */
    const void *kernel;       /* for the tests: the kernel of dot.h or tiled.h to use; NULL: the best for the CPU */
} lp_op_layer;

/* The tensors of one run; each points to cell (0, 0). Tensors are interleaved (channels innermost) and dense. `added`
 * has the target's element type and shape; it is NULL if the layer adds nothing, and may be `dst` itself. */
typedef struct lp_op_tensors {
    const void *src, *added;
    void *dst;
} lp_op_tensors;

/* A layer of one image size, as its operator runs it. */
typedef struct lp_op_instance {
    const struct lp_operator *op;
    void *data;           /* the operator's own */
    const char *kernel;   /* name of the kernel, for the benchmark: "lightpose:1x1:u8:avx2" */
    int units;            /* of work */
    size_t scratch_bytes; /* for one thread */
} lp_op_instance;

/* operators.h calls pack and create and frees what they fill. Both may return MEMORY without an error text. */
typedef struct lp_operator {
    const char *name;
    size_t packed_size, data_size; /* of the structs that pack and create fill; they start zeroed */

    int (*takes)(const lp_conv_spec *spec, unsigned features);

    /* Weights in the order in which the kernel reads them. Immutable; made once per model and shared by all plans and
     * threads. `weights`: out x in x kernel x kernel (depthwise: out x 1 x kernel x kernel) of F32, or of S8 if the
     * source is U8. MEMORY. */
    lightpose_status (*pack)(void *packed, const lp_op_layer *layer, const void *weights, lightpose_error *error);
    void (*clear_packed)(void *packed); /* frees what it points to, also after a failure of pack */

    /* Fills made->data and the members after it. MEMORY, ENGINE. */
    lightpose_status (*create)(lp_op_instance *made, const lp_op_layer *layer, const void *packed,
                               lightpose_error *error);
    void (*clear)(void *data); /* likewise; NULL: there is nothing to free */

    /* Units [begin, end). `scratch` belongs to the calling thread during the call, is aligned to 64 bytes and has
     * undefined contents. Allocates nothing. ENGINE if the engine fails; our own kernels cannot fail. */
    lightpose_status (*run)(const void *data, const lp_op_tensors *tensors, int begin, int end, void *scratch);
} lp_operator;

#endif
