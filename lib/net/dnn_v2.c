/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* oneDNN 2: operation descriptors, output scales as attributes, memory descriptors by value. */

#include "net/dnn_internal.h"

#include "base/mem.h"

static dnnl_status_t allocate(lp_dnn_desc *desc) {
    *desc = lp_calloc(1, sizeof **desc);
    return *desc ? dnnl_success : dnnl_out_of_memory;
}

dnnl_status_t lp_dnn_desc_create(lp_dnn_desc *desc, int ndims, const dnnl_dims_t dims, dnnl_data_type_t type,
                                 dnnl_format_tag_t tag) {
    dnnl_status_t status = allocate(desc);

    if (status == dnnl_success)
        status = dnnl_memory_desc_init_by_tag(*desc, ndims, dims, type, tag);
    if (status != dnnl_success)
        lp_dnn_desc_destroy(desc);
    return status;
}

dnnl_status_t lp_dnn_desc_copy(lp_dnn_desc *desc, lp_dnn_desc_view from) {
    const dnnl_status_t status = allocate(desc);

    if (status == dnnl_success)
        **desc = *from;
    return status;
}

void lp_dnn_desc_destroy(lp_dnn_desc *desc) {
    lp_free(*desc);
    *desc = NULL;
}

dnnl_status_t lp_dnn_convolution(dnnl_primitive_desc_t *desc, dnnl_engine_t engine, const lp_conv_spec *spec,
                                 const lp_dnn_tensors *tensors, dnnl_primitive_attr_t attr) {
    const dnnl_dims_t strides = {spec->stride, spec->stride}, dilates = {spec->dilation - 1, spec->dilation - 1};
    const dnnl_dims_t before = {spec->pad[0], spec->pad[1]}, after = {spec->pad[2], spec->pad[3]};
    dnnl_convolution_desc_t operation;

    *desc = NULL;
    const dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_convolution_direct, tensors->src, tensors->weights, tensors->bias,
        tensors->dst, strides, dilates, before, after);
    return status == dnnl_success ? dnnl_primitive_desc_create(desc, &operation, attr, engine, NULL) : status;
}

const char *lp_dnn_faster_than(const char *implementation, int channels) {
    (void)implementation;
    (void)channels;
    return NULL;
}

dnnl_status_t lp_dnn_append_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta) {
    return dnnl_post_ops_append_eltwise(ops, 1, kind, alpha, beta);
}

dnnl_status_t lp_dnn_append_sum(dnnl_post_ops_t ops, float scale) {
    return dnnl_post_ops_append_sum(ops, scale);
}

dnnl_status_t lp_dnn_set_scales(dnnl_primitive_attr_t attr, const lp_conv_spec *spec) {
    return dnnl_primitive_attr_set_output_scales(attr, spec->out, 1 << 1, spec->scales);
}
