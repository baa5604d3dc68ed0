/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* oneDNN 3: primitive descriptors made directly, scales as arguments, opaque memory descriptors. */

#include "net/dnn_internal.h"

dnnl_status_t lp_dnn_desc_create(lp_dnn_desc *desc, int ndims, const dnnl_dims_t dims, dnnl_data_type_t type,
                                 dnnl_format_tag_t tag) {
    *desc = NULL;
    return dnnl_memory_desc_create_with_tag(desc, ndims, dims, type, tag);
}

dnnl_status_t lp_dnn_desc_copy(lp_dnn_desc *desc, lp_dnn_desc_view from) {
    *desc = NULL;
    return dnnl_memory_desc_clone(desc, from);
}

void lp_dnn_desc_destroy(lp_dnn_desc *desc) {
    if (*desc)
        dnnl_memory_desc_destroy(*desc);
    *desc = NULL;
}

dnnl_status_t lp_dnn_convolution(dnnl_primitive_desc_t *desc, dnnl_engine_t engine, const lp_conv_spec *spec,
                                 const lp_dnn_tensors *tensors, dnnl_primitive_attr_t attr) {
    const dnnl_dims_t strides = {spec->stride, spec->stride}, dilates = {spec->dilation - 1, spec->dilation - 1};
    const dnnl_dims_t before = {spec->pad[0], spec->pad[1]}, after = {spec->pad[2], spec->pad[3]};

    *desc = NULL;
    return dnnl_convolution_forward_primitive_desc_create(desc, engine, dnnl_forward_inference, dnnl_convolution_direct,
                                                          tensors->src, tensors->weights, tensors->bias, tensors->dst,
                                                          strides, dilates, before, after, attr);
}

dnnl_status_t lp_dnn_append_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta) {
    return dnnl_post_ops_append_eltwise(ops, kind, alpha, beta);
}

dnnl_status_t lp_dnn_append_sum(dnnl_post_ops_t ops, float scale) {
    return dnnl_post_ops_append_sum(ops, scale, 0, dnnl_data_type_undef);
}

dnnl_status_t lp_dnn_set_scales(dnnl_primitive_attr_t attr, const lp_conv_spec *spec) {
    /* Of the weights, per output channel; those of a depthwise layer have a dimension of groups before it. */
    return dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_WEIGHTS, spec->depthwise ? 1 << 0 | 1 << 1 : 1 << 0);
}
