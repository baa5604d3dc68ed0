/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Shared by the files that call oneDNN: dnn.c (convolutions), dnn_weights.c, and dnn_v2.c or dnn_v3.c, whichever is
 * compiled. */

#ifndef LP_NET_DNN_INTERNAL_H
#define LP_NET_DNN_INTERNAL_H

#include <oneapi/dnnl/dnnl.h>

#include "net/dnn.h"

/* A description of memory owned by a primitive descriptor, and one of our own. */
#if DNNL_VERSION_MAJOR == 2
typedef const dnnl_memory_desc_t *lp_dnn_desc_view;
typedef dnnl_memory_desc_t *lp_dnn_desc;
#else
typedef const_dnnl_memory_desc_t lp_dnn_desc_view;
typedef dnnl_memory_desc_t lp_dnn_desc;
#endif

struct lp_dnn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
};

/* Arguments of a primitive: those of the convolution, and those of a call. */
enum { WEIGHTS = 0, BIAS, SCALES, GAINS, CONV_ARGS, SRC = 0, DST, SCRATCH, CALL_ARGS };

struct lp_conv {
    char name[48];
    int in, out, kernel, depthwise, quantised;
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    lp_dnn_desc_view src, weights, bias, dst, scratch; /* the primitive descriptor's */
    lp_dnn_desc scales_desc, gains_desc;
    float *scales, *gains; /* copies, because the specification's arrays may be freed */
    float *bias_values;    /* as the primitive needs it */
    dnnl_memory_t memory[CONV_ARGS];
    const char *implementation; /* oneDNN's name for the code, owned by `desc` */
    int gains_at;               /* position of the gains among the operations that follow */
};

struct lp_packed {
    lp_dnn_desc desc;
    void *weights;
};

/* The status of a failed call, with an error text that names it. */
lightpose_status lp_dnn_failed(lightpose_error *error, dnnl_status_t status, const char *name, const char *what);

/* Forwards a failure of oneDNN; `error` and `name` are those of the enclosing function. */
#define DNN_TRY(call, what)                                                                                            \
    do {                                                                                                               \
        const dnnl_status_t dnn_status = (call);                                                                       \
        if (dnn_status != dnnl_success)                                                                                \
            return lp_dnn_failed(error, dnn_status, name, what);                                                       \
    } while (0)

/* Describes the weights of a convolution in the memory order given by the tags. */
dnnl_status_t lp_dnn_weights_desc(lp_dnn_desc *desc, int out, int in, int kernel, int depthwise, dnnl_data_type_t type,
                                  dnnl_format_tag_t dense, dnnl_format_tag_t grouped);

/* ---- Differences between oneDNN 2 and 3. Functions leave their output NULL when they fail. ----------------------- */

/* The code that is faster for a layer of so many channels than the code that oneDNN prefers, or NULL.
 * lp_dnn_convolution takes it if oneDNN has it for the layer. */
const char *lp_dnn_faster_than(const char *implementation, int channels);

dnnl_status_t lp_dnn_desc_create(lp_dnn_desc *desc, int ndims, const dnnl_dims_t dims, dnnl_data_type_t type,
                                 dnnl_format_tag_t tag);
dnnl_status_t lp_dnn_desc_copy(lp_dnn_desc *desc, lp_dnn_desc_view from);
void lp_dnn_desc_destroy(lp_dnn_desc *desc); /* NULL: nothing */

/* The four tensors of a convolution. */
typedef struct lp_dnn_tensors {
    lp_dnn_desc src, weights, bias, dst;
} lp_dnn_tensors;

/* A convolution of `spec`'s strides, dilation and padding. */
dnnl_status_t lp_dnn_convolution(dnnl_primitive_desc_t *desc, dnnl_engine_t engine, const lp_conv_spec *spec,
                                 const lp_dnn_tensors *tensors, dnnl_primitive_attr_t attr);

dnnl_status_t lp_dnn_append_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta);
dnnl_status_t lp_dnn_append_sum(dnnl_post_ops_t ops, float scale);

/* Scales of the output channels. Version 2 keeps the values and multiplies the bias too; version 3 gets them as an
 * argument when the primitive runs and adds the bias after. */
dnnl_status_t lp_dnn_set_scales(dnnl_primitive_attr_t attr, const lp_conv_spec *spec);
enum {
#if DNNL_VERSION_MAJOR == 2
    LP_DNN_SCALES_ARGUMENT = 0, /* none */
    LP_DNN_SCALES_BIAS = 1,
#else
    LP_DNN_SCALES_ARGUMENT = DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS,
    LP_DNN_SCALES_BIAS = 0,
#endif
};

#endif
